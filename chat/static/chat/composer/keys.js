import { find } from "../dom/elements.js";

/**
 * Keys that work wherever the focus is: typing goes to the box, Esc leads back to it, and the pages
 * of the log turn from it. In the log, arrows go from message to message and through what is in one.
 */
export class Keys {
  #composer;
  #follow;
  #people;
  #log = find("#log");
  #entries = find("#entries");

  /**
   * @param {import("wschat:composer/composer.js").Composer} composer
   * @param {import("wschat:log/follow.js").Follow} follow
   * @param {import("wschat:people/people_panel.js").PeoplePanel} people
   */
  constructor(composer, follow, people) {
    this.#composer = composer;
    this.#follow = follow;
    this.#people = people;
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (document.querySelector("dialog[open], [popover]:popover-open") || event.isComposing) return;
    if (event.key === "Escape") this.#back();
    else if (this.#log.contains(document.activeElement) && this.#walk(event.key)) {
      event.preventDefault();
    } else if (event.target === find("#text") && isPage(event)) {
      event.preventDefault();
      this.#follow.page(event.key === "PageUp" ? -1 : 1);
    } else if (isTyping(event) && !isControl(event.target)) this.#composer.focus();
  }

  #back() {
    if (this.#people.isOverlay) this.#people.toggle(false);
    else this.#follow.toEnd();
    this.#composer.focus();
  }

  /**
   * Go from message to message, or to the next thing within one; true if the key meant that.
   *
   * @param {string} key
   */
  #walk(key) {
    const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step === undefined) return false;
    const row = document.activeElement?.closest("#entries > li") ?? null;
    const isWithin = key === "ArrowLeft" || key === "ArrowRight";
    const stops = isWithin ? inside(row) : rows(this.#entries);
    const from = isWithin ? document.activeElement : row;
    const index = stops.indexOf(/** @type {HTMLElement} */ (from));
    const next = index === -1 && !isWithin ? stops.at(-1) : stops[index + step];
    next?.focus();
    return true;
  }
}

/** @param {Element | null} row */
function inside(row) {
  if (!(row instanceof HTMLElement)) return [];
  /** @type {NodeListOf<HTMLElement>} */
  const found = row.querySelectorAll("button:not([aria-hidden]), a, summary");
  return [row, ...found];
}

/** @param {HTMLElement} list */
function rows(list) {
  return [
    .../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(":scope > [tabindex]")),
  ].filter((row) => row.checkVisibility());
}

/** @param {KeyboardEvent} event */
function isPage({ key, shiftKey, ctrlKey, altKey }) {
  return (key === "PageUp" || key === "PageDown") && !shiftKey && !ctrlKey && !altKey;
}

/** @param {KeyboardEvent} event */
function isTyping({ key, ctrlKey, altKey, metaKey }) {
  return key.length === 1 && key !== " " && !ctrlKey && !altKey && !metaKey;
}

/** @param {EventTarget | null} element */
function isControl(element) {
  if (!(element instanceof Element)) return false;
  if (element.closest("#log")) return element.matches("summary");
  return element.matches("input, textarea, select, summary, [tabindex]");
}

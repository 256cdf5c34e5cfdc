import { find } from "./elements.js";

/** Keys that work wherever the focus is: typing goes to the box, Esc leads back to it. */
export class Keys {
  #composer;
  #follow;
  #people;

  constructor(composer, follow, people) {
    this.#composer = composer;
    this.#follow = follow;
    this.#people = people;
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (document.querySelector("dialog[open], [popover]:popover-open") || event.isComposing) return;
    if (event.key === "Escape") this.#back();
    else if (isTyping(event) && !isControl(event.target)) this.#composer.focus();
  }

  #back() {
    if (this.#people.isOverlay) this.#people.toggle(false);
    else this.#follow.toEnd();
    this.#composer.focus();
  }
}

function isTyping({ key, ctrlKey, altKey, metaKey }) {
  return key.length === 1 && key !== " " && !ctrlKey && !altKey && !metaKey;
}

function isControl(element) {
  return element !== find("#log") && element.matches("input, textarea, select, summary, [tabindex]");
}

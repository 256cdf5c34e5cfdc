import { find, make } from "../dom/elements.js";
import { FrameTask } from "../dom/frame_task.js";
import { say } from "../dom/words.js";
import { names } from "../room/names.js";
import { nameButton, picture } from "./person.js";

const LISTED = 200;
const SEARCHABLE = 20;
const PAUSE_MS = 250;
const WIDE = matchMedia("(min-width: 60rem)");

/** The list of people: beside the log where there is room, over it on a phone. */
export class PeoplePanel {
  #panel = find("#people");
  #shade = find("#people-shade");
  #button = find("#people-button");
  #list = find("#people-list");
  #more = find("#people-more");
  #count = find("#people-count");
  #search = find("#people-search", HTMLInputElement);
  #online = find("#online");
  #chat;
  #waiting = 0;
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  #frame = new FrameTask(() => this.#draw());

  /** @param {import("wschat:room/chat.js").Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    this.#button.addEventListener("click", () => this.toggle(this.#panel.hidden === true));
    find("#people-close").addEventListener("click", () => this.toggle(false));
    this.#shade.addEventListener("click", () => this.toggle(false));
    this.#search.addEventListener("input", () => this.#draw());
    // On a phone, Back closes what lies over the log.
    window.addEventListener("popstate", () => this.isOverlay && this.toggle(false));
    WIDE.addEventListener("change", () => this.#show(WIDE.matches));
    this.#show(WIDE.matches);
  }

  /** Whether it covers the log. */
  get isOverlay() {
    return !this.#panel.hidden && !WIDE.matches;
  }

  /** @param {boolean} shown */
  toggle(shown) {
    const wasOverlay = this.isOverlay;
    this.#show(shown);
    if (this.isOverlay && !wasOverlay) history.pushState("people", "");
    if (wasOverlay && !shown && history.state === "people") history.back();
    if (this.isOverlay) find("#people-close").focus();
    else this.#button.focus();
  }

  /** Draw what changed, a few times a second at most: a thousand may join at once. */
  changed() {
    this.#waiting ||= setTimeout(() => this.#frame.schedule(), PAUSE_MS);
  }

  /** @param {boolean} shown */
  #show(shown) {
    this.#panel.hidden = !shown;
    this.#shade.hidden = !this.isOverlay;
    this.#button.setAttribute("aria-expanded", String(shown));
  }

  #draw() {
    this.#waiting = 0;
    const { roster } = this.#chat;
    this.#online.textContent = roster.total === null ? "" : say("online", { n: roster.total });
    this.#search.hidden = roster.ids.length <= SEARCHABLE;
    const wanted = this.#search.hidden ? "" : this.#search.value.trim().toLowerCase();
    const ids = wanted === "" ? roster.ids : roster.ids.filter((id) => fits(id, wanted));
    this.#count.textContent = wanted ? say("found", { n: ids.length }) : this.#told();
    this.#arrange(ids.slice(0, LISTED));
    this.#more.hidden = ids.length <= LISTED;
    this.#more.textContent = say("more_people", { n: ids.length - LISTED });
  }

  /**
   * Rows that stay are left where they are: one may be about to be clicked.
   *
   * @param {string[]} ids
   */
  #arrange(ids) {
    const shown = new Set(ids);
    for (const [id, row] of this.#rows) {
      if (shown.has(id)) continue;
      if (row.contains(document.activeElement)) this.#neighbour(row).focus();
      row.remove();
      this.#rows.delete(id);
    }
    let next = this.#list.firstElementChild;
    for (const id of ids) {
      const row = this.#rows.get(id) ?? this.#row(id);
      this.#tag(row, id);
      if (row === next) next = next.nextElementSibling;
      else {
        const focused = row.contains(document.activeElement) ? document.activeElement : null;
        this.#list.insertBefore(row, next);
        if (focused instanceof HTMLElement) focused.focus();
      }
    }
  }

  /**
   * Where the focus goes on when a row goes.
   *
   * @param {HTMLElement} row
   * @returns {HTMLElement}
   */
  #neighbour(row) {
    const other = row.nextElementSibling ?? row.previousElementSibling;
    return other?.querySelector("button") ?? this.#button;
  }

  /** @param {string} id */
  #row(id) {
    const row = make("li", {}, picture(id), nameButton(id));
    this.#rows.set(id, row);
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {string} id
   */
  #tag(row, id) {
    const tag = this.#tagOf(id);
    const shown = row.querySelector(".tag");
    if ((shown?.textContent ?? "") === tag) return;
    shown?.remove();
    if (tag) row.append(make("span", { className: "tag" }, tag));
  }

  /** @param {string} id */
  #tagOf(id) {
    if (id === this.#chat.me) return say("you");
    if (this.#chat.mutes.has(id)) return say("muted");
    return this.#chat.roster.isEarlier(id) ? say("spoke_earlier") : "";
  }

  #told() {
    const { roster, me } = this.#chat;
    if (me === "") return say("nobody_listed");
    if (roster.total === null) return say("listed", { n: roster.seen });
    if (roster.total === roster.seen) return say("everybody_listed", { n: roster.seen });
    return say("some_listed", { total: roster.total, n: roster.seen });
  }
}

/**
 * @param {string} id
 * @param {string} wanted in lower case
 */
function fits(id, wanted) {
  return id.toLowerCase().startsWith(wanted) || names.given(id).toLowerCase().includes(wanted);
}

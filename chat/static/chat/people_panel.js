import { find, make } from "./elements.js";
import { FrameTask } from "./frame_task.js";
import { nameButton, picture } from "./person.js";

const LISTED = 200;
const PAUSE_MS = 250;
const WIDE = matchMedia("(min-width: 60rem)");

/** The list of people: beside the log where there is room, over it on a phone. */
export class PeoplePanel {
  #panel = find("#people");
  #button = find("#people-button");
  #list = find("#people-list");
  #count = find("#people-count");
  #online = find("#online");
  #chat;
  #waiting = 0;
  #frame = new FrameTask(() => this.#draw());

  constructor(chat) {
    this.#chat = chat;
    this.#button.addEventListener("click", () => this.toggle(this.#panel.hidden));
    find("#people-close").addEventListener("click", () => this.toggle(false));
    WIDE.addEventListener("change", () => this.#show(WIDE.matches));
    this.#show(WIDE.matches);
  }

  /** Whether it covers the log. */
  get isOverlay() {
    return !this.#panel.hidden && !WIDE.matches;
  }

  toggle(shown) {
    this.#show(shown);
    if (!this.isOverlay) this.#button.focus();
    else find("#people-close").focus();
  }

  /** Draw what changed, a few times a second at most: a thousand may join at once. */
  changed() {
    this.#waiting ||= setTimeout(() => this.#frame.schedule(), PAUSE_MS);
  }

  #show(shown) {
    this.#panel.hidden = !shown;
    this.#button.setAttribute("aria-expanded", String(shown));
  }

  #draw() {
    this.#waiting = 0;
    const { roster, me } = this.#chat;
    const { total, seen } = roster;
    this.#online.textContent = total === null ? "" : `${total} online`;
    this.#count.textContent = total === null ? `${seen} seen here` : `${seen} seen of ${total} online`;
    const ids = roster.ids;
    const rows = ids.slice(0, LISTED).map((id) => this.#row(id, id === me));
    if (ids.length > LISTED) rows.push(make("li", {}, `and ${ids.length - LISTED} more`));
    this.#list.replaceChildren(...rows);
  }

  #row(id, isMe) {
    const row = make("li", {}, picture(id), nameButton(id));
    if (isMe) row.append(make("span", { className: "tag" }, "you"));
    if (this.#chat.mutes.has(id)) row.append(make("span", { className: "tag" }, "muted"));
    return row;
  }
}

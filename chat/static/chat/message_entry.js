import { time } from "./clock.js";
import { make } from "./elements.js";
import { nameButton, picture } from "./person.js";
import { richText } from "./rich_text.js";

const GROUP_MS = 5 * 60_000;

/** A chat message in the log. One that follows another of the same sender has no head. */
export class MessageEntry {
  #message;
  element;

  constructor(message, previous) {
    this.#message = message;
    const kind = message.mine ? "message mine" : "message";
    this.element = make("li", { className: kind, data: { sender: message.sender } });
    this.element.append(make("div", { className: "bubble" }, ...richText(message.contents)));
    if (this.#follows(previous)) this.element.classList.add("follows");
    else this.#addHead();
  }

  /** Become the first of its group, after the one before was removed. */
  lead() {
    if (!this.element.classList.contains("follows")) return;
    this.element.classList.remove("follows");
    this.#addHead();
  }

  #follows(previous) {
    if (!(previous instanceof MessageEntry)) return false;
    const other = previous.#message;
    return (
      other.sender === this.#message.sender &&
      other.mine === this.#message.mine &&
      Math.abs(this.#message.at - other.at) < GROUP_MS
    );
  }

  #addHead() {
    const { mine, sender, at } = this.#message;
    const name = mine ? make("span", { className: "you" }, "you") : nameButton(sender);
    const head = make("div", { className: "head" }, name, " ", time(at));
    this.element.prepend(head);
    if (!mine) this.element.prepend(picture(sender));
  }
}

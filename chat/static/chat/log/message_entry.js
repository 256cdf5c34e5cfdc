import { time } from "../dom/clock.js";
import { make } from "../dom/elements.js";
import { say } from "../dom/words.js";
import { nameButton, pictureButton } from "../people/person.js";
import { richText } from "./rich_text.js";

/** @typedef {{kind: "message", sender: string, contents: string, at: number, mine: boolean, mention: boolean}} Said */

const GROUP_MS = 5 * 60_000;

/**
 * A chat message in the log. One that follows another of the same sender, within five minutes of
 * the first, has no head.
 */
export class MessageEntry {
  #message;
  /** @type {number} */
  #groupAt;
  element;

  /**
   * @param {Said} message
   * @param {unknown} previous entry of the log
   */
  constructor(message, previous) {
    this.#message = message;
    const group = this.#joinGroup(previous);
    this.#groupAt = group ?? message.at;
    const kind = `message${message.mine ? " mine" : ""}${message.mention ? " mention" : ""}`;
    this.element = make("li", { className: kind, data: { sender: message.sender }, tabIndex: -1 });
    const bubble = make("div", { className: "bubble" }, ...richText(message.contents));
    if (group === null) this.element.append(bubble);
    else this.element.append(bubble, time(message.at));
    if (group === null) this.#addHead();
    else this.element.classList.add("follows");
  }

  get at() {
    return this.#message.at;
  }

  /** Become the first of its group, after the one before was removed. */
  lead() {
    if (!this.element.classList.contains("follows")) return;
    this.element.classList.remove("follows");
    this.element.querySelector(":scope > time")?.remove();
    this.#addHead();
  }

  /**
   * Join the group of the entry before; returns when that began, or null if this begins one.
   *
   * @param {unknown} previous
   * @returns {number | null}
   */
  #joinGroup(previous) {
    if (!(previous instanceof MessageEntry)) return null;
    const { sender, mine, at } = this.#message;
    const other = previous.#message;
    const isOf = other.sender === sender && other.mine === mine;
    if (!isOf || Math.abs(at - previous.#groupAt) >= GROUP_MS) return null;
    previous.element.classList.add("continued");
    return previous.#groupAt;
  }

  #addHead() {
    const { mine, sender, at } = this.#message;
    const name = mine ? make("span", { className: "you" }, say("you")) : nameButton(sender, -1);
    const head = make("div", { className: "head" }, name, " ", time(at));
    this.element.prepend(head);
    if (!mine) this.element.prepend(pictureButton(sender));
  }
}

import { dayName, dayNumber, time } from "../dom/clock.js";
import { make } from "../dom/elements.js";
import { say } from "../dom/words.js";
import { clipMarks } from "./text.js";

const CHECK_MS = 30_000;
const LONGEST = 2000;

/**
 * Make a notice or a divider.
 *
 * @param {string} kind
 * @param {{text: string, tone?: string}} told
 */
export function line(kind, { text, tone = "" }) {
  const shown = clipMarks(text).slice(0, LONGEST);
  const element = make("li", { className: kind, data: { tone } }, make("bdi", {}, shown));
  if (kind.startsWith("divider")) element.setAttribute("aria-live", "off");
  return element;
}

/**
 * Make what the server says to everybody.
 *
 * @param {string} text
 * @param {number} at in ms
 */
export function announcement(text, at) {
  const label = make("strong", {}, say("announcement"));
  const head = make("div", { className: "announcement-head" }, label, " ", time(at));
  const body = make("bdi", { className: "text" }, clipMarks(text).slice(0, LONGEST));
  return make("li", { className: "announcement" }, head, body);
}

/** The day that the messages below were said on. Its name moves on: today becomes yesterday. */
export class DayEntry {
  at;
  #name = make("bdi");
  element = make("li", { className: "divider day" }, this.#name);

  /** @param {number} at in ms */
  constructor(at) {
    this.at = at;
    this.element.setAttribute("aria-live", "off");
    this.draw();
    days.add(this);
  }

  /**
   * Whether a time is of this day.
   *
   * @param {number} at
   */
  holds(at) {
    return dayNumber(at) === dayNumber(this.at);
  }

  draw() {
    const name = dayName(this.at);
    if (this.#name.textContent !== name) this.#name.textContent = name;
  }
}

/** @type {Set<DayEntry>} */
const days = new Set();

setInterval(() => {
  for (const day of days) {
    if (day.element.isConnected) day.draw();
    else days.delete(day);
  }
}, CHECK_MS);

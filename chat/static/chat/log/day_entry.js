import { dayName, dayNumber } from "../dom/clock.js";
import { make } from "../dom/elements.js";

const CHECK_MS = 30_000;

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

import { timeOfDay } from "../dom/clock.js";
import { find } from "../dom/elements.js";
import { count } from "../dom/words.js";

/** Leads back to where one looked away; goes when that is reached, or when one answers. */
export class MissedBar {
  #button = find("#missed");
  #scroller;
  #unread;
  #log;

  /**
   * @param {HTMLElement} scroller
   * @param {import("wschat:room/unread.js").Unread} unread
   * @param {import("wschat:log/log.js").Log} log
   */
  constructor(scroller, unread, log) {
    this.#scroller = scroller;
    this.#unread = unread;
    this.#log = log;
    scroller.addEventListener("scroll", () => this.#look(), { passive: true });
    this.#button.addEventListener("click", () => {
      log.newMark?.scrollIntoView({ block: "start" });
      scroller.focus({ preventScroll: true });
      unread.reached();
    });
  }

  /** Show or hide it, as there is something to go back to. */
  show() {
    const { missed, since } = this.#unread;
    this.#button.textContent = count("missed", missed, { time: timeOfDay(since) });
    this.#button.hidden = missed === 0;
    // After what came last was drawn.
    requestAnimationFrame(() => this.#look());
  }

  /** What is in sight needs no way to it. */
  #look() {
    const mark = this.#log.newMark;
    if (this.#button.hidden || mark === null) return;
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    const place = mark.getBoundingClientRect();
    if (place.bottom > top && place.top < bottom) this.#unread.reached();
  }
}

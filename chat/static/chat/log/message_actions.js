import { make } from "../dom/elements.js";
import { say } from "../dom/words.js";
import { names } from "../room/names.js";
import { wholeText } from "./rich_text.js";

const LONG_PRESS_MS = 500;
const SWIPE_PX = 60;
const QUOTED = 60;

/**
 * What can be done with a message: one bar, which is where the pointer or the focus is. A tap shows
 * it, and the time; a long press or a swipe to the side replies at once.
 */
export class MessageActions {
  #list;
  #reply;
  #bar = make("div", { className: "actions" });
  /** @type {HTMLElement | null} */
  #at = null;
  #press = 0;
  #isReplied = false;
  #from = { x: 0, y: 0 };

  /**
   * @param {HTMLElement} list
   * @param {(text: string) => void} reply takes what a reply begins with
   */
  constructor(list, reply) {
    this.#list = list;
    this.#reply = reply;
    const button = make(
      "button",
      { type: "button", className: "action", tabIndex: -1 },
      say("reply"),
    );
    button.addEventListener("click", () => this.#at && this.#replyTo(this.#at));
    this.#bar.append(button);
    list.addEventListener("pointerover", (event) => {
      if (event.pointerType === "mouse") this.#show(rowOf(event));
    });
    list.addEventListener("focusin", (event) => this.#show(rowOf(event)));
    list.addEventListener("click", (event) => this.#tap(event));
    list.addEventListener("pointerdown", (event) => this.#down(event));
    list.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel", "pointerleave"]) {
      list.addEventListener(type, () => clearTimeout(this.#press));
    }
    // The click of a finger that is lifted would take the focus away from the box again.
    list.addEventListener("touchend", (event) => this.#isReplied && event.preventDefault());
    // A browser would select a word, offer its own menu, and take the press for its own.
    list.addEventListener("contextmenu", (event) => {
      const isTouch = event instanceof PointerEvent && event.pointerType === "touch";
      if (isTouch && !isLink(event) && rowOf(event) !== null) event.preventDefault();
    });
  }

  /**
   * Take what happened before this was loaded.
   *
   * @param {Event} event
   */
  take(event) {
    if (event.type === "click") this.#tap(event);
    else this.#show(rowOf(event));
  }

  /** @param {HTMLElement | null} row */
  #show(row) {
    if (row === null || row === this.#at) return;
    this.#at = row;
    row.append(this.#bar);
  }

  /** @param {Event} event */
  #tap(event) {
    const row = rowOf(event);
    const isControl = event.target instanceof Element && event.target.closest("a, button, summary");
    if (row === null || isControl || getSelection()?.type === "Range") return;
    for (const other of this.#list.querySelectorAll(".told")) {
      if (other !== row) other.classList.remove("told");
    }
    row.classList.toggle("told");
    this.#show(row);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const row = rowOf(event);
    if (event.pointerType !== "touch" || row === null) return;
    this.#from = { x: event.clientX, y: event.clientY };
    this.#isReplied = false;
    clearTimeout(this.#press);
    if (isLink(event)) return;
    this.#press = setTimeout(() => {
      this.#isReplied = true;
      this.#replyTo(row);
    }, LONG_PRESS_MS);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const row = rowOf(event);
    if (event.pointerType !== "touch" || row === null) return;
    const right = event.clientX - this.#from.x;
    const down = Math.abs(event.clientY - this.#from.y);
    if (Math.abs(right) > 10 || down > 10) clearTimeout(this.#press);
    if (right < SWIPE_PX || down > SWIPE_PX / 2) return;
    this.#from = { x: Number.POSITIVE_INFINITY, y: 0 };
    this.#replyTo(row);
  }

  /** @param {HTMLElement} row */
  #replyTo(row) {
    const [line = ""] = wholeText(row).trim().split("\n");
    const quoted = line.length > QUOTED ? `${line.slice(0, QUOTED).trimEnd()} …` : line;
    this.#reply(`@${names.short(row.dataset.sender ?? "")} > ${quoted}\n`);
  }
}

/**
 * @param {Event} event
 * @returns {HTMLElement | null}
 */
function rowOf({ target }) {
  return target instanceof Element ? target.closest("#entries > .message") : null;
}

/** @param {Event} event */
function isLink({ target }) {
  return target instanceof Element && target.closest("a") !== null;
}

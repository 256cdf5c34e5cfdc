import { find } from "./elements.js";
import { count } from "./words.js";

const PERIOD_MS = 3000;
// More than this in a period cannot be listened to.
const MOST = 6;

/**
 * What screen readers are told beside the log: each thing once. While more is said than can be
 * listened to, the log is silent and summed up instead.
 */
export class Voice {
  #list;
  #spoken = find("#spoken");
  #count = 0;
  #timer = 0;
  #isFlood = false;

  /** @param {HTMLElement} list of what the log reads out */
  constructor(list) {
    this.#list = list;
  }

  /**
   * Tell something once.
   *
   * @param {string} text
   */
  tell(text) {
    this.#spoken.textContent = text;
  }

  /**
   * Take so many messages as shown.
   *
   * @param {number} messages
   */
  heard(messages) {
    if (messages === 0) return;
    this.#count += messages;
    if (this.#count > MOST) this.#setFlood(true);
    this.#timer ||= setTimeout(() => this.#sumUp(), PERIOD_MS);
  }

  #sumUp() {
    this.#timer = 0;
    if (this.#count > MOST) {
      this.tell(count("many", this.#count));
      this.#timer = setTimeout(() => this.#sumUp(), PERIOD_MS);
    } else this.#setFlood(false);
    this.#count = 0;
  }

  /** @param {boolean} isFlood */
  #setFlood(isFlood) {
    if (isFlood === this.#isFlood) return;
    this.#isFlood = isFlood;
    // Within the region of the log: the nearest word counts for what is added.
    if (isFlood) this.#list.setAttribute("aria-live", "off");
    else this.#list.removeAttribute("aria-live");
  }
}

let fading = 0;

/**
 * Tell it for a moment, to eyes and to screen readers.
 *
 * @param {string} text
 */
export function toast(text) {
  const said = find("#said");
  said.textContent = text;
  said.classList.remove("sr-only");
  said.classList.add("toast");
  clearTimeout(fading);
  fading = setTimeout(() => {
    said.className = "sr-only";
    said.textContent = "";
  }, 2500);
}

import { make } from "../dom/elements.js";
import { say } from "../dom/words.js";
import { nameButton, nameLabel } from "../people/person.js";

/** @typedef {"joined" | "left"} Traffic */

const LISTED = 100;

/** People who joined and left since the last message: a single line that tells more when opened. */
export class TrafficEntry {
  #counts = { joined: 0, left: 0 };
  /** @type {{what: Traffic, id: string} | null} */
  #first = null;
  #summary = make("summary", { tabIndex: -1 });
  #people = make("ul", { className: "traffic-people" });
  element;

  constructor() {
    const details = make("details", {}, this.#summary, this.#people);
    this.element = make("li", { className: "notice traffic", tabIndex: -1 }, details);
    this.element.setAttribute("aria-live", "off");
  }

  /**
   * Count somebody who `joined` or `left`.
   *
   * @param {Traffic} what
   * @param {string} id
   */
  add(what, id) {
    this.#counts[what] += 1;
    this.#first ??= { what, id };
    const count = this.#counts.joined + this.#counts.left;
    if (count <= LISTED) this.#people.append(make("li", {}, nameButton(id, -1), ` ${say(what)}`));
    if (count === LISTED + 1) this.#people.append(make("li", {}, say("and_more")));
    this.#summary.replaceChildren(...this.#told(this.#first, count));
  }

  /**
   * @param {{what: Traffic, id: string}} first
   * @param {number} count
   */
  #told({ id, what }, count) {
    // A button would not do inside a summary.
    if (count === 1) return [nameLabel(id), ` ${say(what)}`];
    const { joined, left } = this.#counts;
    const parts = [joined && say("joined_n", { n: joined }), left && say("left_n", { n: left })];
    return [parts.filter(Boolean).join(", ")];
  }
}

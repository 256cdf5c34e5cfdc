import { make } from "./elements.js";
import { nameButton } from "./person.js";

const LISTED = 100;

/** People who joined and left since the last message: a single line that tells more when opened. */
export class TrafficEntry {
  #counts = { joined: 0, left: 0 };
  #first = null;
  #summary = make("summary");
  #people = make("ul", { className: "traffic-people" });
  element;

  constructor() {
    const details = make("details", {}, this.#summary, this.#people);
    this.element = make("li", { className: "notice traffic" }, details);
    this.element.setAttribute("aria-live", "off");
  }

  /** Count somebody who `joined` or `left`. */
  add(what, id) {
    this.#counts[what] += 1;
    this.#first ??= { what, id };
    const count = this.#counts.joined + this.#counts.left;
    if (count <= LISTED) this.#people.append(make("li", {}, nameButton(id), ` ${what}`));
    if (count === LISTED + 1) this.#people.append(make("li", {}, "… and more"));
    this.#summary.replaceChildren(...this.#told(count));
  }

  #told(count) {
    if (count === 1) return [nameLabel(this.#first.id), ` ${this.#first.what}`];
    const { joined, left } = this.#counts;
    return [[joined && `${joined} joined`, left && `${left} left`].filter(Boolean).join(", ")];
  }
}

/** A button would not do inside a summary. */
function nameLabel(id) {
  const label = make("span", {}, ...nameButton(id).childNodes);
  return label;
}

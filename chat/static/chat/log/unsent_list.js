import { make } from "../dom/elements.js";
import { FrameTask } from "../dom/frame_task.js";
import { say } from "../dom/words.js";
import { richText } from "./rich_text.js";

/** @typedef {import("wschat:room/outbox.js").Line} Line */
/** @typedef {{retry: (line: Line) => void, discard: (line: Line) => void, withdraw: (line: Line) => void}} Acts */

const SLOW_MS = 3000;

/** One's own lines below the log until they are seen coming back. */
export class UnsentList {
  #list;
  #follow;
  #act;
  #isRefused = false;
  /** @type {Line[]} */
  #lines = [];
  /** @type {Map<Line, {row: HTMLElement, told: string}>} */
  #rows = new Map();
  #timer = 0;
  #frame = new FrameTask(() => this.#draw());

  /**
   * @param {HTMLElement} list
   * @param {import("wschat:log/follow.js").Follow} follow
   * @param {Acts} act
   */
  constructor(list, follow, act) {
    this.#list = list;
    this.#follow = follow;
    this.#act = act;
  }

  /** @param {Line[]} lines */
  show(lines) {
    this.#lines = lines;
    this.#frame.schedule();
  }

  /**
   * Tell whether the server wants one to stay away, which lines would wait for.
   *
   * @param {boolean} isRefused
   */
  setRefused(isRefused) {
    if (isRefused === this.#isRefused) return;
    this.#isRefused = isRefused;
    this.#frame.schedule();
  }

  #draw() {
    const rows = new Map(this.#lines.map((line) => [line, this.#drawn(line)]));
    const elements = [...rows.values()].map(({ row }) => row);
    const isSame = elements.every((row, index) => this.#list.children[index] === row);
    this.#rows = rows;
    if (!isSame || elements.length !== this.#list.children.length) {
      this.#follow.around(() => this.#list.replaceChildren(...elements), 0);
    }
    clearTimeout(this.#timer);
    if (this.#lines.some((line) => line.state === "sent" && !isSlow(line))) {
      this.#timer = setTimeout(() => this.#frame.schedule(), SLOW_MS / 3);
    }
  }

  /**
   * The row as it stands, if what it tells is still true: its buttons may have the focus.
   *
   * @param {Line} line
   */
  #drawn(line) {
    const told = this.#told(line);
    const known = this.#rows.get(line);
    if (known?.told === told) return known;
    return { row: this.#row(line, told), told };
  }

  /** @param {Line} line */
  #told(line) {
    if (line.state === "unsure") return say("line_unsure");
    if (line.state === "sent") return say(isSlow(line) ? "line_slow" : "line_sent");
    return say(this.#isRefused ? "line_refused" : "line_waiting");
  }

  /**
   * @param {Line} line
   * @param {string} told
   */
  #row(line, told) {
    const bubble = make("div", { className: "bubble" }, ...richText(line.text));
    const state = make("div", { className: "delivery" }, make("span", {}, told));
    const { retry, discard, withdraw } = this.#act;
    if (line.state === "unsure") {
      state.append(button(say("retry"), () => retry(line)));
      state.append(button(say("discard"), () => discard(line)));
    } else if (line.state === "waiting") {
      state.append(button(say("withdraw"), () => withdraw(line)));
    }
    return make("li", { className: "message mine", data: { state: line.state } }, bubble, state);
  }
}

/** @param {Line} line */
function isSlow({ sentAt = 0 }) {
  return Date.now() - sentAt >= SLOW_MS;
}

/**
 * @param {string} label
 * @param {() => void} act
 */
function button(label, act) {
  const made = make("button", { type: "button", className: "link-button" }, label);
  made.addEventListener("click", act);
  return made;
}

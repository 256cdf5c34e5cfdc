import { make } from "./elements.js";
import { FrameTask } from "./frame_task.js";
import { richText } from "./rich_text.js";

const STATES = {
  waiting: "waits for the connection",
  sent: "sending …",
  unsure: "not sent",
};

/** One's own lines below the log until they are seen coming back. */
export class UnsentList {
  #list;
  #follow;
  #act;
  #lines = [];
  #frame = new FrameTask(() => this.#draw());

  /** `act` has `retry` and `discard`, which take a line. */
  constructor(list, follow, act) {
    this.#list = list;
    this.#follow = follow;
    this.#act = act;
  }

  show(lines) {
    this.#lines = lines;
    this.#frame.schedule();
  }

  #draw() {
    const rows = this.#lines.map((line) => this.#row(line));
    this.#follow.around(() => this.#list.replaceChildren(...rows), 0);
  }

  #row(line) {
    const bubble = make("div", { className: "bubble" }, ...richText(line.text));
    const state = make("div", { className: "delivery" }, make("span", {}, STATES[line.state]));
    if (line.state === "unsure") {
      state.title = "The connection ended before this came back; it may have arrived.";
      state.append(this.#button("Retry", () => this.#act.retry(line)));
      state.append(this.#button("Discard", () => this.#act.discard(line)));
    }
    return make("li", { className: "message mine", data: { state: line.state } }, bubble, state);
  }

  #button(label, act) {
    const button = make("button", { type: "button", className: "link-button" }, label);
    button.addEventListener("click", act);
    return button;
  }
}

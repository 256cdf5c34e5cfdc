import { dayName, dayNumber } from "./clock.js";
import { make } from "./elements.js";
import { FrameTask } from "./frame_task.js";
import { MessageEntry } from "./message_entry.js";
import { clipMarks } from "./text.js";
import { TrafficEntry } from "./traffic_entry.js";

const KEPT = 1000;
const LONGEST = 2000;
// What one frame can draw and still leave time for typing.
const FRAME = 60;

/** The log of this visit: drawn once a frame, in order of arrival, the last thousand entries. */
export class Log {
  #list;
  #follow;
  #queue = [];
  #entries = [];
  #day = 0;
  #newMark = null;
  #frame = new FrameTask(() => this.#draw());

  constructor(list, follow) {
    this.#list = list;
    this.#follow = follow;
  }

  /** Add {kind: message | joined | left | notice | divider | new, …}. */
  add(entry) {
    this.#queue.push(entry);
    if (this.#queue.length > 2 * KEPT) this.#queue.splice(0, this.#queue.length - KEPT);
    this.#frame.schedule();
  }

  /** Show or hide what somebody wrote so far. */
  setHidden(sender, hidden) {
    for (const { element } of this.#entries) {
      if (element.dataset.sender === sender) element.hidden = hidden;
    }
  }

  #draw() {
    const batch = this.#queue.splice(0, FRAME);
    this.#follow.around(() => {
      for (const entry of batch) this.#place(entry);
      this.#trim();
    }, batch.filter((entry) => entry.kind === "message" && !entry.mine).length);
    if (this.#queue.length > 0) this.#frame.schedule();
  }

  #place(entry) {
    if (entry.kind === "message") this.#placeMessage(entry);
    else if (entry.kind === "joined" || entry.kind === "left") this.#placeTraffic(entry);
    else if (entry.kind === "new") this.#placeNewMark();
    else this.#append({ element: line(entry.kind, entry) });
  }

  #placeMessage(message) {
    const day = dayNumber(message.at);
    if (day > this.#day) {
      this.#day = day;
      this.#append({ element: line("divider day", { text: dayName(message.at) }) });
    }
    this.#append(new MessageEntry(message, this.#entries.at(-1)));
  }

  #placeTraffic({ kind, id }) {
    let last = this.#entries.at(-1);
    if (!(last instanceof TrafficEntry)) last = this.#append(new TrafficEntry());
    last.add(kind, id);
  }

  #placeNewMark() {
    if (this.#newMark !== null) {
      this.#entries = this.#entries.filter((entry) => entry !== this.#newMark);
      this.#newMark.element.remove();
    }
    this.#newMark = this.#append({ element: line("divider new", { text: "New" }) });
  }

  #append(entry) {
    this.#entries.push(entry);
    this.#list.append(entry.element);
    return entry;
  }

  #trim() {
    const surplus = this.#entries.splice(0, Math.max(0, this.#entries.length - KEPT));
    for (const { element } of surplus) element.remove();
    if (surplus.length > 0) this.#entries[0].lead?.();
  }
}

function line(kind, { text, tone = "" }) {
  const shown = clipMarks(text).slice(0, LONGEST);
  const element = make("li", { className: kind, data: { tone } }, make("bdi", {}, shown));
  if (kind.startsWith("divider")) element.setAttribute("aria-live", "off");
  return element;
}

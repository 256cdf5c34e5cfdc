import { FrameTask } from "../dom/frame_task.js";
import { count, say } from "../dom/words.js";
import { announcement, DayEntry, line } from "./lines.js";
import { MessageEntry } from "./message_entry.js";
import { TrafficEntry } from "./traffic_entry.js";

/** @typedef {import("wschat:log/message_entry.js").Said} Said */
/** @typedef {{kind: "joined", id: string} | {kind: "left", id: string}} Came */
/** @typedef {{kind: "notice" | "divider", text: string, tone?: string}} Told */
/** @typedef {{kind: "announcement", text: string, at: number}} Announced */
/** @typedef {{kind: "notice skipped", text: string, entries: number, news: number}} Skipped */
/** @typedef {Said | Came | Told | Announced | Skipped | {kind: "new"}} Entry */
/** @typedef {MessageEntry | TrafficEntry | DayEntry | {element: HTMLElement}} Drawn */

const KEPT = 1000;
// What may wait to be drawn: what comes first of more would be trimmed soon after.
const WAITING = 1200;
// What one frame can draw, on a thousand rows, in less than 50 ms.
const FRAME = 40;

/** The log of this visit: drawn once a frame, in order of arrival, the last thousand entries. */
export class Log {
  #list;
  #follow;
  #voice;
  /** @type {Entry[]} */
  #queue = [];
  /** @type {Drawn[]} */
  #entries = [];
  /** @type {DayEntry | null} */
  #day = null;
  /** @type {Drawn | null} */
  #newMark = null;
  /** @type {Set<string>} */
  #hidden = new Set();
  #frame = new FrameTask(() => this.#draw());

  /**
   * @param {HTMLElement} list
   * @param {import("wschat:log/follow.js").Follow} follow
   * @param {{heard: (count: number) => void}} voice
   */
  constructor(list, follow, voice) {
    this.#list = list;
    this.#follow = follow;
    this.#voice = voice;
  }

  /** Where the person was when they looked away, if that is marked. */
  get newMark() {
    return this.#newMark?.element ?? null;
  }

  /**
   * Add an entry; it is drawn with one of the next frames. What would be trimmed before long is
   * counted, and not drawn at all.
   *
   * @param {Entry} entry
   */
  add(entry) {
    this.#queue.push(entry);
    if (this.#queue.length > WAITING) this.#skip();
    this.#frame.schedule();
  }

  /**
   * Show or hide what somebody wrote so far, drawn or not.
   *
   * @param {string} sender
   * @param {boolean} hidden
   */
  setHidden(sender, hidden) {
    if (hidden) this.#hidden.add(sender);
    else this.#hidden.delete(sender);
    for (const { element } of this.#entries) {
      if (element.dataset.sender === sender) element.hidden = hidden;
    }
  }

  /** Empty it. */
  clear() {
    this.#queue = [];
    this.#entries = [];
    this.#day = null;
    this.#newMark = null;
    this.#list.replaceChildren();
  }

  #skip() {
    const surplus = this.#queue.splice(0, this.#queue.length - KEPT);
    const entries = sum(surplus, (e) => ("entries" in e ? e.entries : Number(e.kind !== "new")));
    const text = count("skipped", entries);
    this.#queue.unshift({ kind: "notice skipped", text, entries, news: sum(surplus, news) });
    if (surplus.some(({ kind }) => kind === "new")) this.#queue.unshift({ kind: "new" });
  }

  #draw() {
    const batch = this.#queue.splice(0, FRAME);
    const messages = sum(batch, news);
    this.#follow.around(() => {
      for (const entry of batch) this.#place(entry);
      this.#trim();
    }, messages);
    this.#voice.heard(messages);
    if (this.#queue.length > 0) this.#frame.schedule();
  }

  /** @param {Entry} entry */
  #place(entry) {
    if (entry.kind === "message") this.#placeMessage(entry);
    else if (entry.kind === "joined" || entry.kind === "left") this.#placeTraffic(entry);
    else if (entry.kind === "new") this.#placeNewMark();
    else if (entry.kind === "announcement") this.#placeAnnouncement(entry);
    else this.#append({ element: line(entry.kind, entry) });
  }

  /** @param {Said} message */
  #placeMessage(message) {
    this.#placeDay(message.at);
    const { element } = this.#append(new MessageEntry(message, this.#entries.at(-1)));
    element.hidden = this.#hidden.has(message.sender);
  }

  /** @param {Announced} announced */
  #placeAnnouncement({ text, at }) {
    this.#placeDay(at);
    this.#append({ element: announcement(text, at) });
  }

  /** @param {number} at */
  #placeDay(at) {
    if (this.#day?.holds(at) || (this.#day && at < this.#day.at)) return;
    this.#day = this.#append(new DayEntry(at));
  }

  /** @param {Came} came */
  #placeTraffic({ kind, id }) {
    const last = this.#entries.at(-1);
    const entry = last instanceof TrafficEntry ? last : this.#append(new TrafficEntry());
    entry.add(kind, id);
  }

  #placeNewMark() {
    if (this.#newMark !== null) {
      this.#entries = this.#entries.filter((entry) => entry !== this.#newMark);
      this.#newMark.element.remove();
    }
    this.#newMark = this.#append({ element: line("divider new", { text: say("new") }) });
  }

  /**
   * @template {Drawn} Kind
   * @param {Kind} entry
   */
  #append(entry) {
    this.#entries.push(entry);
    this.#list.append(entry.element);
    return entry;
  }

  #trim() {
    if (this.#entries.length <= KEPT) return;
    const surplus = this.#entries.splice(0, this.#entries.length - KEPT + 2);
    for (const { element } of surplus) element.remove();
    const [first] = this.#entries;
    if (first instanceof MessageEntry) first.lead();
    this.#begin(first instanceof MessageEntry ? first.at : null);
  }

  /**
   * Say that the log began earlier, and on which day it begins now.
   *
   * @param {number | null} at
   */
  #begin(at) {
    const isDayGone = at !== null && (this.#day === null || !this.#day.element.isConnected);
    /** @type {Drawn[]} */
    const start = [{ element: line("notice trimmed", { text: say("trimmed") }) }];
    if (at !== null) start.push(new DayEntry(at));
    if (isDayGone) this.#day = /** @type {DayEntry} */ (start[1]);
    this.#entries.unshift(...start);
    this.#list.prepend(...start.map(({ element }) => element));
  }
}

/**
 * @param {Entry[]} entries
 * @param {(entry: Entry) => number} value
 */
function sum(entries, value) {
  return entries.reduce((total, entry) => total + value(entry), 0);
}

/** @param {Entry} entry */
function news(entry) {
  if (entry.kind === "notice skipped") return entry.news;
  return Number(entry.kind === "announcement" || (entry.kind === "message" && !entry.mine));
}

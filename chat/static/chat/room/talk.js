import { say } from "../dom/words.js";
import { SYSTEM } from "./transcript.js";

/** @typedef {import("wschat:room/transcript.js").Spoken} Spoken */
/**
 * @typedef {object} Parts
 * @property {{add: (entry: import("wschat:log/log.js").Entry) => void, setHidden: (id: string, hidden: boolean) => void}} log
 * @property {import("wschat:room/transcript.js").Transcript} transcript
 * @property {import("wschat:room/unread.js").Unread} unread
 * @property {import("wschat:room/kept_ids.js").KeptIds} ownIds
 * @property {import("wschat:room/kept_ids.js").KeptIds} mutes
 * @property {(message: Spoken) => void} called
 */

// A server that objects and means to close does so at once.
const OBJECTION_MS = 500;

/** What is said in the room: takes it to the log, what is kept of the visit, and the unread. */
export class Talk {
  #parts;
  #objection = 0;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * Take up the room of a server. After a reload, what was said there during this visit is shown.
   *
   * @param {import("wschat:room/servers.js").Server} server
   * @param {boolean} isFirst whether the page enters its first room
   * @returns {number} when the room was left by a reload, in ms; 0 if it was not
   */
  enter(server, isFirst) {
    const { transcript, unread } = this.#parts;
    unread.setName(server.name);
    const entries = transcript.open(server.name);
    if (!isFirst) return 0;
    for (const entry of entries) {
      if ("text" in entry) this.#draw({ kind: "divider", text: entry.text });
      else this.#show(entry);
    }
    return transcript.seenAt;
  }

  /** Who else spoke here, before this page came or since. */
  get speakers() {
    return this.#parts.transcript.speakers;
  }

  /**
   * Show what a server tells of the time before one came, as far as it was not seen.
   *
   * @param {import("wschat:connection/protocol.js").Message[]} past
   * @param {boolean} isBack whether one has been here before
   * @returns {boolean} whether nothing is missing between what was seen and now
   */
  recall(past, isBack) {
    const { fresh, joins } = this.#parts.transcript.unseen(past);
    if (fresh.length > 0) this.mark(say(isBack ? "meanwhile" : "earlier"));
    for (const { sender, contents, at } of fresh) {
      this.said({ sender, contents, at: at ?? Date.now(), mine: false }, true);
    }
    return joins;
  }

  /**
   * @param {Spoken} message
   * @param {boolean} isPast
   */
  said(message, isPast) {
    const mine = message.mine || this.#parts.ownIds.has(message.sender);
    const spoken = { ...message, mine };
    this.#parts.transcript.add(spoken);
    if (this.#parts.mutes.has(message.sender)) return;
    const mention = this.#isCall(spoken);
    if (mine) this.#parts.unread.answered();
    else if (!isPast) this.#parts.unread.count(mention);
    if (mention && !isPast) this.#parts.called(spoken);
    this.#show(spoken);
  }

  /**
   * Draw a line across.
   *
   * @param {string} text
   */
  mark(text) {
    this.#parts.transcript.add({ text });
    this.#draw({ kind: "divider", text });
  }

  /**
   * Write a line of the page's own.
   *
   * @param {string} text
   */
  note(text, tone = "") {
    this.#draw({ kind: "notice", text, tone });
  }

  /**
   * Tell what a server objects to, unless it is withdrawn at once.
   *
   * @param {import("wschat:room/servers.js").Server} server
   * @param {string} reason
   */
  objected({ name: server }, reason) {
    const text = say("server_says", { server, reason: reason || say("error_without_reason") });
    this.#objection = setTimeout(() => this.note(text, "bad"), OBJECTION_MS);
  }

  /** The connection ended over it, which is told elsewhere. */
  withdraw() {
    clearTimeout(this.#objection);
  }

  /** @param {string} id */
  came(id) {
    this.#draw({ kind: "joined", id });
  }

  /** @param {string} id */
  went(id) {
    this.#draw({ kind: "left", id });
  }

  /**
   * @param {string} id
   * @param {boolean} hidden
   */
  setHidden(id, hidden) {
    this.#parts.log.setHidden(id, hidden);
  }

  /** @param {Spoken} spoken */
  #show(spoken) {
    if (this.#parts.mutes.has(spoken.sender)) return;
    const { sender, contents, at } = spoken;
    if (sender === SYSTEM) this.#draw({ kind: "announcement", text: contents, at });
    else this.#draw({ kind: "message", ...spoken, mention: this.#isCall(spoken) });
  }

  /** @param {Spoken} spoken */
  #isCall({ sender, contents, mine }) {
    return !mine && sender !== SYSTEM && this.#parts.ownIds.isCalledIn(contents);
  }

  /** @param {import("wschat:log/log.js").Entry} entry */
  #draw(entry) {
    this.#parts.log.add(entry);
  }
}

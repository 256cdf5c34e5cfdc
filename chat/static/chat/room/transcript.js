/** @typedef {{sender: string, contents: string, at: number, mine: boolean}} Spoken */
/** @typedef {{text: string}} Marked a divider */

/** The sender of what the operators say. */
export const SYSTEM = "system";
const KEPT = 200;
const KEPT_CHARACTERS = 200_000;
const PAUSE_MS = 1000;

/**
 * The last things said in a room during this visit. It survives a reload, and tells what of a
 * server's history was seen already.
 */
export class Transcript {
  /** @type {(Spoken | Marked)[]} */
  #entries = [];
  #store;
  #key = "";
  #writing = 0;

  /** @param {import("wschat:room/store.js").Store} store */
  constructor(store) {
    this.#store = store;
    window.addEventListener("pagehide", () => this.#write());
  }

  /**
   * Take up the room of a server; returns what was said there during this visit.
   *
   * @param {string} server its name
   */
  open(server) {
    this.#write();
    this.#key = `log:${server}`;
    this.#entries = this.#store.read(this.#key, /** @type {(Spoken | Marked)[]} */ ([]));
    return this.#entries;
  }

  /** When the room was last seen during this visit, in ms; 0 if it was not. */
  get seenAt() {
    return this.#entries.length > 0 ? this.#store.read(`seen:${this.#key}`, 0) : 0;
  }

  /** Who else spoke, of those that the log can show. */
  get speakers() {
    const others = this.#entries.flatMap((entry) =>
      "sender" in entry && !entry.mine ? [entry.sender] : [],
    );
    return [...new Set(others)].filter((id) => id !== "" && id !== SYSTEM);
  }

  /** @param {Spoken | Marked} entry */
  add(entry) {
    this.#entries.push(entry);
    if (this.#entries.length > 2 * KEPT) this.#entries = this.#entries.slice(-KEPT);
    this.#writing ||= setTimeout(() => this.#write(), PAUSE_MS);
  }

  /** Forget all of this room. */
  clear() {
    this.#entries = [];
    this.#write();
  }

  /**
   * What of a history, oldest first, was not seen yet; `joins` tells whether it reaches back to
   * something that was.
   *
   * @template {{sender: string, contents: string, at: number | null}} Kind
   * @param {Kind[]} history
   */
  unseen(history) {
    /** @type {Map<string, number>} */
    const seen = new Map();
    for (const entry of this.#entries) {
      if ("at" in entry) seen.set(mark(entry), (seen.get(mark(entry)) ?? 0) + 1);
    }
    let joins = false;
    /** @type {Kind[]} */
    let fresh = [];
    for (const message of history) {
      const left = seen.get(mark(message)) ?? 0;
      if (left === 0) fresh.push(message);
      else if (!joins) fresh = [];
      if (left > 0) joins = true;
      seen.set(mark(message), Math.max(0, left - 1));
    }
    return { fresh, joins };
  }

  #write() {
    clearTimeout(this.#writing);
    this.#writing = 0;
    if (this.#key === "") return;
    let size = 0;
    const kept = this.#entries.slice(-KEPT).reverse();
    const end = kept.findIndex((entry) => {
      size += "text" in entry ? entry.text.length : entry.contents.length;
      return size > KEPT_CHARACTERS;
    });
    this.#store.write(this.#key, (end === -1 ? kept : kept.slice(0, end)).reverse());
    this.#store.write(`seen:${this.#key}`, Date.now());
  }
}

/** @param {{sender: string, contents: string, at: number | null}} message */
function mark({ sender, contents, at }) {
  return `${sender} ${at} ${contents}`;
}

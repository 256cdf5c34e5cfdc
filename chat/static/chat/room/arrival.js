import { duration } from "../dom/clock.js";
import { say } from "../dom/words.js";
import { names } from "./names.js";

/** @typedef {import("wschat:connection/protocol.js").Message} Message */
/** @typedef {import("wschat:room/servers.js").Server} Server */
/**
 * @typedef {object} Own
 * @property {string} me one's own id
 * @property {number} at of one's own connect, in ms
 * @property {Server} server
 * @property {boolean} isReload whether the gap before, if any, is a reload's
 */

const PATIENCE_MS = 300;

/**
 * How one came into the room, or back into it: the moments after one's own connect, in which a server
 * sends what was said before, and the line that says who one is and what may be missing.
 *
 * They end with the first message that is not of the past, or when none comes for a while.
 */
export class Arrival {
  /** When the room was left without having been left for good, in ms; 0 once one is back. */
  lostAt = 0;
  /** When one's own connect was, by the server's clock, in ms. */
  at = 0;
  #endedFor = "";
  /** @type {Message[]} */
  #past = [];
  /** @type {Own | null} */
  #own = null;
  #talk;
  #roster;
  #timer = 0;

  /**
   * @param {import("wschat:room/talk.js").Talk} talk
   * @param {import("wschat:room/roster.js").Roster} roster
   */
  constructor(talk, roster) {
    this.#talk = talk;
    this.#roster = roster;
  }

  /** @param {Own} own */
  begin(own) {
    this.#own = own;
    this.at = own.at;
    this.#past = [];
    if (own.server.history) this.#wait();
    else this.end();
  }

  /**
   * Take a message if it is of the past; any other ends the arrival.
   *
   * @param {Message} message
   */
  takes(message) {
    if (this.#own === null) return false;
    const { action, sender, at } = message;
    const isPast = sender !== this.#own.me && at !== null && at <= this.at;
    if (action !== "chat" || !isPast) {
      this.end();
      return false;
    }
    this.#past.push(message);
    this.#wait();
    return true;
  }

  /** Nothing more is expected. */
  end() {
    clearTimeout(this.#timer);
    if (this.#own === null) return;
    const joins = this.#talk.recall(this.#past, this.lostAt > 0);
    this.#roster.spokeEarlier(this.#talk.speakers);
    this.#talk.mark(this.#greeting(this.#own, joins));
    this.#own = null;
    this.#leave(0, "");
  }

  /**
   * The connection ended; `reason` is empty if one comes back by oneself.
   *
   * @param {string} reason
   */
  lost(reason) {
    this.end();
    this.#leave(this.lostAt || Date.now(), reason);
  }

  /**
   * A room was entered that was left at that time, in ms, by a reload; 0 if it was not.
   *
   * @param {number} leftAt
   */
  enter(leftAt) {
    this.end();
    this.#leave(leftAt, "");
  }

  /**
   * @param {number} at
   * @param {string} reason
   */
  #leave(at, reason) {
    this.lostAt = at;
    this.#endedFor = reason;
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), PATIENCE_MS);
  }

  /**
   * @param {Own} own
   * @param {boolean} joins whether the past reaches back to something that was seen
   */
  #greeting({ me, server, isReload }, joins) {
    const name = names.short(me);
    const isWhole = this.lostAt === 0 || (isReload && joins);
    if (isWhole) return say("joined_as", { server: server.name, name });
    if (this.#endedFor) return say("joined_again", { reason: this.#endedFor, name });
    const time = duration(Date.now() - this.lostAt);
    return say(isReload ? "back" : joins ? "gap_closed" : "gap", { time, name });
  }
}

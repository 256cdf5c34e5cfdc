import { encode } from "../connection/protocol.js";
import { say } from "../dom/words.js";
import { Arrival } from "./arrival.js";
import { Outbox } from "./outbox.js";
import { Roster } from "./roster.js";
import { SYSTEM } from "./transcript.js";

/** @typedef {import("wschat:connection/connection.js").State} State */
/** @typedef {import("wschat:connection/protocol.js").Message} Message */
/** @typedef {import("wschat:room/servers.js").Server} Server */
/**
 * @typedef {object} Parts
 * @property {import("wschat:connection/connection.js").Connection} connection
 * @property {Server} server the one to enter
 * @property {import("wschat:room/talk.js").Talk} talk
 * @property {import("wschat:room/kept_ids.js").KeptIds} ownIds
 * @property {import("wschat:room/kept_ids.js").KeptIds} mutes
 * @property {{lines: string[], changed: (lines: import("wschat:room/outbox.js").Line[]) => void}} unsent
 */

/**
 * What happens in the room: takes the connection's events to the talk, the roster and the outbox.
 *
 * `me` is the own id, empty until the server told it; `server` the one that was chosen.
 * Dispatches `entered` when a server was chosen, `joined` when the own id becomes known, `state`
 * when `state` changed, and `people` when the roster did.
 */
export class Chat extends EventTarget {
  me = "";
  server;
  /** @type {State} */
  state;
  /** Whether one has been in the room since the server was chosen. */
  wasThere = false;
  mutes;
  roster = new Roster(() => this.#tell("people"));
  outbox;
  #connection;
  #talk;
  #ownIds;
  #arrival;

  /** @param {Parts} parts */
  constructor({ connection, server, talk, ownIds, mutes, unsent }) {
    super();
    this.server = server;
    this.state = { kind: "idle", server };
    this.#connection = connection;
    this.#talk = talk;
    this.#ownIds = ownIds;
    this.#arrival = new Arrival(talk, this.roster);
    this.mutes = mutes;
    const isReady = () => this.me !== "" || !this.outbox.isPatient;
    const send = (/** @type {string} */ text) =>
      isReady() && connection.send(encode(text, this.me));
    this.outbox = new Outbox({ ...unsent, send });
    connection.listen("state", (state) => this.#changed(state));
    connection.listen("message", (message) => this.#received(message));
  }

  /** Until when the log shows what was said before the page was opened, in ms; 0 in the room. */
  get keptSince() {
    return this.wasThere ? 0 : this.#arrival.lostAt;
  }

  /**
   * Leave the present room, if there is one, and enter another server's.
   *
   * @param {Server} server
   */
  enter(server) {
    if (server === this.server && this.#connection.isOpen) return;
    const isFirst = this.state.kind === "idle";
    if (isFirst || server !== this.server) {
      if (!isFirst) this.#leave(server);
      this.#arrival.enter(this.#talk.enter(server, isFirst));
    }
    this.server = server;
    this.#tell("entered");
    if (server.obstacle) this.#connection.refuse(server, server.obstacle);
    else this.#connection.open(server);
  }

  /**
   * @param {string} id
   * @param {boolean} muted
   */
  mute(id, muted) {
    this.mutes.set(id, muted);
    this.#talk.setHidden(id, muted);
    this.#tell("people");
  }

  /** @param {Server} next */
  #leave(next) {
    this.#arrival.end();
    this.#talk.mark(say("left_for", { server: this.server.name, next: next.name }));
    this.wasThere = false;
    this.#forget();
    this.outbox.moved();
  }

  /** @param {State} state */
  #changed(state) {
    if (state.kind === "open") this.outbox.opened();
    else if (this.me !== "") {
      this.#arrival.lost(state.kind === "refused" ? state.reason || say("no_reason") : "");
      this.#forget();
      this.outbox.interrupted();
    }
    if (state.kind === "refused") this.#talk.withdraw();
    this.state = state;
    this.#tell("state");
  }

  #forget() {
    this.me = "";
    this.roster.clear();
  }

  /** @param {Message} message */
  #received(message) {
    if (this.#arrival.takes(message)) return;
    const take = {
      connect: () => this.#connected(message.contents || message.sender, message.at),
      disconnect: () => this.#disconnected(message.contents || message.sender),
      chat: () => this.#said(message),
      error: () => this.#objected(message.contents),
      unknown: () => this.#talk.note(message.contents || say("unknown_message")),
    };
    take[message.action]();
  }

  /**
   * The first connect that comes is one's own.
   *
   * @param {string} id
   * @param {number | null} at
   */
  #connected(id, at) {
    if (this.me === "") this.#entered(id, at);
    else if (id !== this.me) {
      this.roster.joined(id);
      this.#talk.came(id);
    }
  }

  /**
   * @param {string} id
   * @param {number | null} at
   */
  #entered(id, at = null) {
    this.me = id;
    const isReload = !this.wasThere;
    this.wasThere = true;
    this.#ownIds.set(id, true);
    this.roster.spoke(id);
    this.#arrival.begin({ me: id, at: at ?? 0, server: this.server, isReload });
    this.outbox.flush();
    this.#tell("joined");
    this.#tell("state");
  }

  /** @param {string} id */
  #disconnected(id) {
    if (id === this.me) return;
    this.roster.left(id);
    this.#talk.went(id);
  }

  /** @param {Message} message */
  #said(message) {
    const { sender, contents, at } = message;
    // What was said before one came tells nothing about who is here.
    const isPast = at !== null && at < this.#arrival.at;
    if (sender === SYSTEM) {
      this.#talk.said({ sender, contents, at: at ?? Date.now(), mine: false }, isPast);
      return;
    }
    // Not every server says who one is before anything else.
    if (this.me === "" && this.outbox.expects(contents)) this.#entered(sender);
    const mine = this.outbox.isOwn(message, this.me, (id) => this.roster.ids.includes(id));
    if (mine) this.outbox.delivered(contents);
    if (sender !== "" && !mine && !isPast) this.roster.spoke(sender);
    const by = mine ? this.me : sender;
    this.#talk.said({ sender: by, contents, at: at ?? Date.now(), mine }, isPast);
  }

  /** @param {string} reason */
  #objected(reason) {
    this.outbox.refused();
    // Who is turned away hears it from the connection's end, again and again.
    if (this.me !== "") this.#talk.objected(this.server, reason);
  }

  /** @param {string} type */
  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

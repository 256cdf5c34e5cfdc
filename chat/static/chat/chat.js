import { duration } from "./clock.js";
import { shortId } from "./identity.js";
import { Outbox } from "./outbox.js";
import { encode } from "./protocol.js";
import { Roster } from "./roster.js";

const PATIENCE_MS = 3000;

/**
 * What happens in the room: takes the connection's events to the log, the roster and the outbox.
 *
 * `me` is the own id, empty until the server told it; `server` the one that was entered.
 * Dispatches `entered` when a server was chosen, `joined` when the own id becomes known, and
 * `people` when the roster changed.
 */
export class Chat extends EventTarget {
  me = "";
  server = null;
  mutes;
  roster = new Roster(() => this.#tell("people"));
  outbox;
  #connection;
  #log;
  #unread;
  #banner;
  #lostAt = 0;
  #enteredAt = 0;
  #wasThere = false;
  #isPatient = true;
  #patience = 0;

  constructor({ connection, log, unread, banner, mutes, unsent }) {
    super();
    this.#connection = connection;
    this.#log = log;
    this.#unread = unread;
    this.#banner = banner;
    this.mutes = mutes;
    this.outbox = new Outbox({ ...unsent, send: (text) => this.#send(text) });
    connection.addEventListener("state", ({ detail }) => this.#changed(detail));
    connection.addEventListener("message", ({ detail }) => this.#received(detail));
  }

  /** Leave the present room, if there is one, and enter another server's. */
  enter(server) {
    if (server === this.server && this.#connection.isOpen) return;
    if (this.server !== null && server !== this.server) this.#leave(server);
    this.server = server;
    this.#unread.setName(server.name);
    this.#tell("entered");
    if (server.obstacle) this.#connection.refuse(server, server.obstacle);
    else this.#connection.open(server);
  }

  mute(id, muted) {
    this.mutes.set(id, muted);
    this.#log.setHidden(id, muted);
    this.#tell("people");
  }

  /** Write a line of the page's own into the log. */
  note(text, tone = "") {
    this.#log.add({ kind: "notice", text, tone });
  }

  #leave(next) {
    this.#log.add({ kind: "divider", text: `You left ${this.server.name} for ${next.name}` });
    this.#lostAt = 0;
    this.#wasThere = false;
    this.#forget();
    this.outbox.moved();
  }

  /** Lines wait for the own id, by which their echoes are known; not for ever. */
  #send(text) {
    if (this.me === "" && this.#isPatient) return false;
    return this.#connection.send(encode(text, this.me));
  }

  #changed(state) {
    clearTimeout(this.#patience);
    this.#isPatient = true;
    if (state.kind === "open") this.#patience = setTimeout(() => this.#sendAnyway(), PATIENCE_MS);
    else if (this.me !== "") this.#lost(state);
    this.#banner.show(state, this.#wasThere);
  }

  #sendAnyway() {
    this.#isPatient = false;
    this.outbox.flush();
  }

  #lost(state) {
    this.#lostAt ||= Date.now();
    this.#forget();
    this.outbox.interrupted();
    if (state.kind === "refused") this.note(`You were disconnected${because(state)}`, "bad");
  }

  #forget() {
    this.me = "";
    this.roster.clear();
  }

  #received(message) {
    const take = {
      connect: () => this.#connected(message.contents || message.sender, message.at),
      disconnect: () => this.#disconnected(message.contents || message.sender),
      chat: () => this.#said(message),
      error: () => this.#objected(message.contents),
      unknown: () => this.note(message.contents || "(a message that this page does not know)"),
    };
    take[message.action]();
  }

  #connected(id, at) {
    if (this.me === "") this.#entered(id, at);
    else if (id !== this.me) {
      this.roster.joined(id);
      this.#log.add({ kind: "joined", id });
    }
  }

  /** The first connect that comes is one's own. */
  #entered(id, at = 0) {
    this.me = id;
    this.#enteredAt = at;
    this.#wasThere = true;
    this.roster.spoke(id);
    this.#log.add({ kind: "divider", text: this.#greeting(id) });
    this.#lostAt = 0;
    this.outbox.flush();
    this.#tell("joined");
  }

  #greeting(id) {
    if (this.#lostAt === 0) return `You joined ${this.server.name} as ${shortId(id)}`;
    const gap = duration(Date.now() - this.#lostAt);
    return `Offline ${gap}, messages may be missing; you are now ${shortId(id)}`;
  }

  #disconnected(id) {
    if (id === this.me) return;
    this.roster.left(id);
    this.#log.add({ kind: "left", id });
  }

  #said({ sender, contents, at }) {
    if (sender === "system") {
      this.#unread.count();
      this.note(contents, "system");
      return;
    }
    // Not every server says who one is before anything else.
    if (this.me === "" && this.outbox.expects(contents)) this.#entered(sender);
    const mine = this.me !== "" && sender === this.me;
    if (mine) this.outbox.delivered(contents);
    // What was said before one came tells nothing about who is here.
    const isPast = at !== null && at < this.#enteredAt;
    if (sender !== "" && !isPast) this.roster.spoke(sender);
    if (this.mutes.has(sender)) return;
    if (!mine && !isPast) this.#unread.count();
    this.#log.add({ kind: "message", sender, contents, at: at ?? Date.now(), mine });
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }

  #objected(reason) {
    this.outbox.refused();
    if (this.me === "") return; // turned away: the connection's end tells why, again and again
    this.note(`${this.server.name}: ${reason || "an error without a reason"}`, "bad");
  }
}

function because({ meaning, reason }) {
  const why = meaning || reason;
  return why ? `: ${why}` : "";
}

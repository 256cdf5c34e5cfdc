import { socketAddress } from "../room/servers.js";
import { parse } from "./protocol.js";

/** @typedef {import("wschat:room/servers.js").Server} Server */
/** @typedef {{state: State, message: import("wschat:connection/protocol.js").Message}} Details */
/** @typedef {"idle" | "connecting" | "open" | "waiting" | "offline" | "refused"} Kind */
/**
 * @typedef {object} State
 * @property {Kind} kind
 * @property {Server} server
 * @property {number} [until] when the next try is, in ms
 * @property {string} [reason]
 * @property {boolean} [wasReached] whether the server itself ended it
 */

const CONNECT_MS = 10_000;
const STABLE_MS = 60_000;

/**
 * A connection to one server at a time that comes back by itself.
 *
 * Dispatches `state`, with a detail {kind, …}: connecting, open, waiting {until, reason}, offline,
 * refused {reason}; and `message`, with what `parse` returned.
 */
export class Connection extends EventTarget {
  #codes;
  #backoff;
  /** @type {Server} */
  #server;
  /** @type {WebSocket | null} */
  #socket = null;
  #timer = 0;
  #stable = 0;
  #error = "";
  /** @type {Kind} */
  #kind = "idle";

  /**
   * @param {import("wschat:connection/close_codes.js").CloseCodes} codes
   * @param {import("wschat:connection/backoff.js").Backoff} backoff
   * @param {Server} server the first
   */
  constructor(codes, backoff, server) {
    super();
    this.#codes = codes;
    this.#backoff = backoff;
    this.#server = server;
  }

  /**
   * Call a function with the detail of every event of a type.
   *
   * @template {keyof Details} Type
   * @param {Type} type
   * @param {(detail: Details[Type]) => void} act
   */
  listen(type, act) {
    this.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
  }

  get isOpen() {
    return this.#kind === "open";
  }

  /**
   * Leave the present server, if any, and join this one.
   *
   * @param {Server} server
   */
  open(server) {
    this.#drop();
    this.#server = server;
    this.#backoff.reset();
    this.#connect();
  }

  /**
   * Leave for good, and say why.
   *
   * @param {Server} server
   * @param {string} reason
   */
  refuse(server, reason) {
    this.#drop();
    this.#server = server;
    this.#become("refused", { reason });
  }

  /** Try again now; nothing happens while connected or on the way there. */
  retry() {
    if (this.#kind === "refused") this.#connect();
    else this.wake();
  }

  /** Try again now if that was to happen anyway. */
  wake() {
    if (this.#kind === "waiting" || this.#kind === "offline") this.#connect();
  }

  /** The network is gone: an open socket would look alive for many minutes. */
  sleep() {
    if (this.#kind === "refused" || this.#kind === "idle") return;
    this.#drop();
    this.#become("offline");
  }

  /** The computer slept: the server has given this connection up long ago. */
  renew() {
    if (this.#kind !== "open") return;
    this.#drop();
    this.#become("waiting", { until: Date.now(), reason: "" });
    this.#connect();
  }

  /**
   * Send a text; false if there is no connection.
   *
   * @param {string} text
   */
  send(text) {
    if (!this.isOpen || this.#socket === null) return false;
    this.#socket.send(text);
    return true;
  }

  #connect() {
    this.#drop();
    this.#become("connecting");
    let socket;
    try {
      socket = new WebSocket(socketAddress(this.#server));
    } catch (error) {
      this.#become("refused", { reason: String(error) });
      return;
    }
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#timer = setTimeout(() => {
      this.#drop();
      this.#wait("");
    }, CONNECT_MS);
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#stable = setTimeout(() => this.#backoff.reset(), STABLE_MS);
    this.#become("open");
  }

  /** @param {string | ArrayBuffer} data */
  #received(data) {
    const message = parse(data);
    this.#error = message.action === "error" ? message.contents : "";
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #closed(code, reason) {
    const why = this.#codes.because(code, this.#error || reason);
    this.#drop();
    if (this.#codes.comesBack(code)) this.#wait(why);
    else this.#become("refused", { reason: why, wasReached: true });
  }

  /** @param {string} reason */
  #wait(reason) {
    if (navigator.onLine === false) return this.#become("offline");
    const pause = this.#backoff.next();
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#become("waiting", { until: Date.now() + pause, reason });
  }

  /**
   * @param {Kind} kind
   * @param {Partial<State>} detail
   */
  #become(kind, detail = {}) {
    this.#kind = kind;
    const server = this.#server;
    this.dispatchEvent(new CustomEvent("state", { detail: { kind, server, ...detail } }));
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#stable);
    this.#error = "";
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}

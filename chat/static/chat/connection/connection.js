import { parse } from "./protocol.js";

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
  #server = null;
  #socket = null;
  #timer = 0;
  #stable = 0;
  #error = "";
  #kind = "idle";
  #isFirst = true;

  constructor(codes, backoff) {
    super();
    this.#codes = codes;
    this.#backoff = backoff;
  }

  get isOpen() {
    return this.#kind === "open";
  }

  /** Leave the present server, if any, and join this one. */
  open(server) {
    this.#drop();
    this.#server = server;
    this.#isFirst = true;
    this.#backoff.reset();
    this.#connect();
  }

  /** Leave for good, and say why. */
  refuse(server, reason) {
    this.#drop();
    this.#server = server;
    this.#become("refused", { reason });
  }

  /** Try again now; nothing happens while connected or on the way there. */
  retry() {
    if (this.#kind === "waiting" || this.#kind === "refused" || this.#kind === "offline") {
      this.#connect();
    }
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

  /** Send a text; false if there is no connection. */
  send(text) {
    if (!this.isOpen) return false;
    this.#socket.send(text);
    return true;
  }

  #connect() {
    this.#drop();
    this.#become("connecting");
    try {
      this.#socket = new WebSocket(this.#address());
    } catch (error) {
      this.#become("refused", { reason: error.message });
      return;
    }
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#opened();
    this.#socket.onmessage = ({ data }) => this.#received(data);
    this.#socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    this.#timer = setTimeout(() => this.#timedOut(), CONNECT_MS);
  }

  /** A server may offer what was said before; who comes back has read it already. */
  #address() {
    const { url, history } = this.#server;
    if (!history || !this.#isFirst) return url;
    const address = new URL(url);
    address.searchParams.set("history", history);
    return address.href;
  }

  #timedOut() {
    this.#drop();
    this.#wait("");
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#stable = setTimeout(() => this.#backoff.reset(), STABLE_MS);
    this.#isFirst = false;
    this.#become("open");
  }

  #received(data) {
    const message = parse(data);
    this.#error = message.action === "error" ? message.contents : "";
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  #closed(code, reason) {
    const why = this.#error || reason || this.#codes.meaning(code);
    this.#drop();
    if (this.#codes.comesBack(code)) this.#wait(why);
    else this.#become("refused", { reason: why, meaning: this.#codes.meaning(code) });
  }

  #wait(reason) {
    if (navigator.onLine === false) {
      this.#become("offline");
      return;
    }
    const pause = this.#backoff.next();
    this.#timer = setTimeout(() => this.#connect(), pause);
    this.#become("waiting", { until: Date.now() + pause, reason });
  }

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

import { say } from "../dom/words.js";

/** @typedef {{name: string, url: string}} Listed */
/** @typedef {Listed & {isOwn: boolean, obstacle: string, history?: number}} Server */
/** @typedef {{name: string, servers: Listed[], history?: number}} Settings */

/** The servers that this page can join, and which one was chosen. */
export class Servers {
  /** @type {Server[]} */
  #list;
  #visit;

  /**
   * @param {Settings} settings
   * @param {import("wschat:room/store.js").Store} visit
   * @param {{href: string}} address
   */
  constructor({ name, servers, history = 0 }, visit, address = location) {
    const page = new URL(".", address.href);
    const own = page.href.replace(/^http/, "ws").replace(/[?#].*$/, "");
    const others = servers.map((server) => ({ ...server, isOwn: false }));
    this.#list = [{ name, url: own, isOwn: true, history }, ...others].map((server) => ({
      ...server,
      obstacle: obstacle(server.url, page.protocol),
    }));
    this.#visit = visit;
  }

  get all() {
    return this.#list;
  }

  get own() {
    return this.#list[0];
  }

  /** @param {string} name */
  named(name) {
    return this.#list.find((server) => server.name === name);
  }

  /** The one that the address names, else the last one of this visit, else this one. */
  chosen(address = location) {
    const wanted = new URLSearchParams(address.search).get("server");
    if (wanted !== null) return { server: this.named(wanted) ?? this.own, wanted };
    return { server: this.named(this.#visit.read("server", "")) ?? this.own, wanted };
  }

  /**
   * Keep the choice for the visit, and in the address, which can be passed on.
   *
   * @param {Server} server
   */
  remember(server) {
    this.#visit.write("server", server.name);
    const address = new URL(location.href);
    address.searchParams.set("server", server.name);
    if (server.isOwn) address.searchParams.delete("server");
    history.replaceState(history.state, "", address);
  }
}

/**
 * Where to connect to. A server may offer what was said before: to newcomers, and to who comes back
 * after a gap.
 *
 * @param {{url: string, history?: number}} server
 */
export function socketAddress({ url, history }) {
  if (!history) return url;
  const address = new URL(url);
  address.searchParams.set("history", String(history));
  return address.href;
}

/**
 * @param {string} url
 * @param {string} protocol
 */
function obstacle(url, protocol) {
  if (protocol !== "https:" || url.startsWith("wss:")) return "";
  return say("encrypted");
}

const PATIENCE_MS = 5000;
const PERIOD_MS = 60_000;

/**
 * Ask a server whether it is there, without joining: {reachable, online, roundTrip}.
 *
 * A plain request to its http address does; whatever it answers counts, read or not. `online` is
 * null for a server that does not tell; the round trip is in ms, on a connection that stands.
 *
 * @param {{url: string}} server
 */
export async function probe(server) {
  const page = server.url.replace(/^ws/, "http");
  const started = performance.now();
  const reachable = await answers(page);
  if (!reachable) return { reachable: false, online: null, roundTrip: null };
  const first = performance.now() - started;
  const online = await askOnline(server);
  const second = performance.now() - started - first;
  return {
    reachable,
    online,
    roundTrip: Math.round(online === null ? first : Math.min(first, second)),
  };
}

/**
 * How many are online there; null if it does not tell.
 *
 * @param {{url: string}} server
 * @returns {Promise<number | null>}
 */
async function askOnline(server) {
  try {
    const response = await ask(new URL("online", server.url.replace(/^ws/, "http")), "cors");
    const { online } = await response.json();
    return Number.isInteger(online) && online >= 0 ? online : null;
  } catch {
    return null;
  }
}

/** Keeps the roster's true number: asked on joining, then once a minute while somebody looks. */
export class OnlineCount {
  #chat;
  #asked = 0;
  /** @type {import("wschat:room/servers.js").Server | null} */
  #silent = null;

  /** @param {import("wschat:room/chat.js").Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    setInterval(() => document.hidden || this.ask(), PERIOD_MS);
  }

  async ask() {
    const { server, me } = this.#chat;
    if (me === "" || server === this.#silent) return;
    this.#asked += 1;
    const asked = this.#asked;
    const online = await askOnline(server);
    if (asked !== this.#asked || this.#chat.me !== me) return;
    if (online === null)
      this.#silent = server; // it does not tell, and is not asked again
    else this.#chat.roster.count(online);
  }
}

/** @param {string} address */
async function answers(address) {
  try {
    await ask(address, "no-cors");
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string | URL} address
 * @param {RequestMode} mode
 */
function ask(address, mode) {
  return fetch(address, {
    mode,
    cache: "no-store",
    credentials: "omit",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
}

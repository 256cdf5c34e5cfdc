import { askOnline } from "./probe.js";

const PERIOD_MS = 60_000;

/** Keeps the roster's true number: asked on joining, then once a minute while somebody looks. */
export class OnlineCount {
  #chat;
  #asked = 0;
  #silent = null;

  constructor(chat) {
    this.#chat = chat;
    setInterval(() => document.hidden || this.ask(), PERIOD_MS);
  }

  async ask() {
    const { server, me } = this.#chat;
    if (me === "" || server === this.#silent) return;
    const asked = (this.#asked += 1);
    const online = await askOnline(server);
    if (asked !== this.#asked || this.#chat.me !== me) return;
    if (online === null) this.#silent = server; // it does not tell, and is not asked again
    else this.#chat.roster.count(online);
  }
}

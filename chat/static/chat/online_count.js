import { askOnline } from "./probe.js";

const PERIOD_MS = 60_000;

/** Keeps the roster's true number: asked on joining, then once a minute while somebody looks. */
export class OnlineCount {
  #chat;
  #asked = 0;

  constructor(chat) {
    this.#chat = chat;
    setInterval(() => document.hidden || this.ask(), PERIOD_MS);
  }

  async ask() {
    const { server, me } = this.#chat;
    if (me === "") return;
    const asked = (this.#asked += 1);
    const online = await askOnline(server);
    const isCurrent = asked === this.#asked && this.#chat.me === me;
    if (online !== null && isCurrent) this.#chat.roster.count(online);
  }
}

import { find } from "../dom/elements.js";
import { count, say } from "../dom/words.js";

/** @typedef {import("wschat:room/chat.js").Chat} Chat */

/** What an empty log says: who hears what one says now, which depends on the state. */
export class EmptyRoom {
  #title = find("#empty-title");
  #text = find("#empty-text");

  /** @param {Chat} chat */
  constructor(chat) {
    chat.addEventListener("state", () => this.#show(chat));
  }

  /** @param {Chat} chat */
  #show(chat) {
    const [title, text] = told(chat);
    this.#title.textContent = title;
    this.#text.textContent = text;
  }
}

/** @param {Chat} chat */
function told({ state, me, server }) {
  if (state.kind === "offline") return [say("empty_offline"), say("empty_offline_text")];
  if (state.kind === "refused") return [say("empty_refused"), say("empty_refused_text")];
  if (state.kind === "waiting") return [say("empty_waiting"), say("empty_waiting_text")];
  if (me === "") return [say("empty_connecting"), say("empty_connecting_text")];
  return [say("empty_open"), hearers(server)];
}

/** @param {import("wschat:room/servers.js").Server} server */
function hearers({ isOwn, history = 0 }) {
  if (!isOwn) return say("empty_open_unknown");
  return history > 0 ? count("empty_open_history", history) : say("empty_open_later");
}

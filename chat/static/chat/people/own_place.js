import { find } from "../dom/elements.js";
import { say } from "../dom/words.js";
import { names } from "../room/names.js";
import { nameLabel, picture } from "./person.js";

/** Who one is, beside the box that one types in. */
export class OwnPlace {
  #button = find("#me");
  #chat;

  /** @param {import("wschat:room/chat.js").Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    chat.addEventListener("state", () => this.#show());
    chat.addEventListener("joined", () => this.#show());
  }

  /** The last id stays while the connection is away: it is what the others knew one by. */
  #show() {
    const { me } = this.#chat;
    this.#button.dataset.away = String(me === "");
    if (me === "" || this.#button.dataset.person === me) return;
    this.#button.dataset.person = me;
    this.#button.hidden = false;
    this.#button.setAttribute("aria-label", say("you_are", { name: names.short(me) }));
    this.#button.replaceChildren(picture(me), nameLabel(me));
  }
}

import { copyText } from "./clipboard.js";
import { find, make } from "./elements.js";
import { nameButton, picture } from "./person.js";

/** A person's card: the full id, to copy, and a switch to mute them. */
export class PersonCard {
  #card = find("#card");
  #chat;

  constructor(chat) {
    this.#chat = chat;
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-person]");
      if (button !== null && !this.#card.contains(button)) this.#open(button);
    });
  }

  #open(button) {
    this.#fill(button.dataset.person);
    this.#card.showPopover();
    this.#placeBeside(button.getBoundingClientRect());
    this.#card.querySelector("button").focus();
  }

  #fill(id) {
    const name = nameButton(id).firstChild;
    const title = make("p", { className: "card-title" }, picture(id), name);
    const copy = make("button", { type: "button", className: "button" }, "Copy id");
    copy.addEventListener("click", () => this.#copy(id));
    const buttons = make("div", { className: "card-buttons" }, copy);
    if (id !== this.#chat.me) buttons.append(this.#muteButton(id));
    this.#card.replaceChildren(title, make("code", { className: "card-id" }, id), buttons);
  }

  #muteButton(id) {
    const muted = this.#chat.mutes.has(id);
    const button = make("button", { type: "button", className: "button" }, muted ? "Unmute" : "Mute");
    button.addEventListener("click", () => {
      this.#chat.mute(id, !muted);
      this.#card.hidePopover();
    });
    return button;
  }

  async #copy(id) {
    await copyText(id, "Id copied");
    this.#card.hidePopover();
  }

  #placeBeside({ left, top, bottom }) {
    const { offsetWidth: width, offsetHeight: height } = this.#card;
    const below = bottom + 6 + height < innerHeight;
    this.#card.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    this.#card.style.top = `${Math.max(8, below ? bottom + 6 : top - height - 6)}px`;
  }
}

import { copyText } from "../dom/clipboard.js";
import { find, make } from "../dom/elements.js";
import { say } from "../dom/words.js";
import { names } from "../room/names.js";
import { nameLabel, picture } from "./person.js";

/** A person's card: the full id, to copy, a name for them, and a switch to mute them. */
export class PersonCard {
  #card = find("#card");
  #chat;
  #leave;

  /**
   * @param {import("wschat:room/chat.js").Chat} chat
   * @param {() => void} leave takes the focus when what it came from is gone
   */
  constructor(chat, leave) {
    this.#chat = chat;
    this.#leave = leave;
    this.#card.addEventListener("toggle", () => {
      if (!this.#card.matches(":popover-open")) requestAnimationFrame(() => this.#closed());
    });
  }

  /**
   * Open the card of the person whose name or picture was clicked.
   *
   * @param {HTMLElement} button
   */
  open(button) {
    this.#fill(button.dataset.person ?? "");
    this.#card.showPopover();
    this.#placeBeside(button.getBoundingClientRect());
    this.#card.querySelector("button")?.focus();
  }

  /** Give the focus away if the button that opened the card is gone: a mute hides it. */
  #closed() {
    const focused = document.activeElement;
    // The browser takes the focus from a button that is no longer shown some time after it hides.
    if (focused === document.body || this.#card.contains(focused)) this.#leave();
  }

  /** @param {string} id */
  #fill(id) {
    const title = make("p", { className: "card-title" }, picture(id), nameLabel(id));
    const copy = button(say("copy_id"), async () => {
      await copyText(id, say("id_copied"));
      this.#card.hidePopover();
    });
    const buttons = make("div", { className: "card-buttons" }, copy);
    const parts = [title, make("code", { className: "card-id" }, id), buttons];
    if (id !== this.#chat.me) {
      buttons.append(this.#muteButton(id));
      parts.push(this.#naming(id));
    }
    this.#card.replaceChildren(...parts);
  }

  /**
   * Stays where it is, so that a slip is undone where it was made.
   *
   * @param {string} id
   */
  #muteButton(id) {
    const label = () => say(this.#chat.mutes.has(id) ? "unmute" : "mute");
    const made = button(label(), () => {
      this.#chat.mute(id, !this.#chat.mutes.has(id));
      made.textContent = label();
    });
    return made;
  }

  /** @param {string} id */
  #naming(id) {
    const input = make("input", { className: "input", value: names.given(id), maxLength: 40 });
    input.setAttribute("aria-label", say("call_them"));
    input.placeholder = say("call_them");
    const form = make(
      "form",
      { className: "naming" },
      input,
      make("button", { className: "button" }, say("save_name")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      names.give(id, input.value);
      this.#card.hidePopover();
    });
    return form;
  }

  /** @param {DOMRect} rectangle of what was clicked */
  #placeBeside({ left, top, bottom }) {
    const { offsetWidth: width, offsetHeight: height } = this.#card;
    const below = bottom + 6 + height < innerHeight;
    this.#card.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
    this.#card.style.top = `${Math.max(8, below ? bottom + 6 : top - height - 6)}px`;
  }
}

/**
 * @param {string} label
 * @param {() => void} act
 */
function button(label, act) {
  const made = make("button", { type: "button", className: "button" }, label);
  made.addEventListener("click", act);
  return made;
}

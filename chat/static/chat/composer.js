import { find } from "./elements.js";
import { byteLength, encode } from "./protocol.js";

const RECALLED = 50;
const WARN_PART = 0.8;
// As long as any id, so that the measure does not depend on when the own one is known.
const SOME_ID = "0".repeat(36);

/** The box that one types in. Nothing but sending or its writer empties it. */
export class Composer {
  #text = find("#text");
  #limit = find("#limit");
  #most;
  #submit;
  #store;
  #sent = [];
  #recalled = 0;

  constructor({ most, store, submit }) {
    this.#most = most;
    this.#store = store;
    this.#submit = submit;
    this.#text.value = store.read("draft", "");
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    find("#composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    // A button takes the focus, and with it a phone's keyboard.
    find("#send").addEventListener("pointerdown", (event) => event.preventDefault());
    this.#changed();
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "ArrowUp") this.#recall(event, -1);
    else if (event.key === "ArrowDown") this.#recall(event, 1);
  }

  #send() {
    const text = this.#text.value;
    if (text.trim() === "" || this.#excess() > 0) return;
    this.#sent = [...this.#sent, text].slice(-RECALLED);
    this.#write("");
    this.#submit(text);
    this.focus();
  }

  /** ↑ in an empty box brings back what was sent; further ↑ and ↓ while it is unchanged. */
  #recall(event, step) {
    const isRecalled = this.#text.value === this.#sent[this.#recalled];
    if (this.#text.value !== "" && !isRecalled) return;
    if (this.#text.value === "") this.#recalled = this.#sent.length;
    const wanted = this.#recalled + step;
    if (wanted < 0 || wanted > this.#sent.length) return;
    event.preventDefault();
    this.#recalled = wanted;
    this.#write(this.#sent[wanted] ?? "");
  }

  #write(text) {
    this.#text.value = text;
    this.#changed();
  }

  #changed() {
    this.#store.write("draft", this.#text.value);
    this.#fit();
    this.#showLimit();
  }

  /** Where style sheets cannot size a field by its content. */
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }

  #excess() {
    const { value } = this.#text;
    // No character takes more than six bytes of JSON: a short text needs no measuring.
    if (value.length * 6 + 200 < this.#most) return -Infinity;
    return byteLength(encode(value, SOME_ID)) - this.#most;
  }

  #showLimit() {
    const excess = this.#excess();
    this.#limit.hidden = excess < -(1 - WARN_PART) * this.#most;
    this.#limit.dataset.over = String(excess > 0);
    const left = Math.abs(excess).toLocaleString();
    this.#limit.textContent = excess > 0 ? `${left} bytes too long to send` : `${left} bytes left`;
  }
}

import { byteLength, encode } from "../connection/protocol.js";
import { find, IS_TOUCH } from "../dom/elements.js";
import { toast } from "../dom/voice.js";
import { say } from "../dom/words.js";

/** @typedef {import("wschat:room/store.js").Store} Store */
/**
 * @typedef {object} Parts
 * @property {number} most bytes of a whole message
 * @property {Store} store
 * @property {(line: string) => void} command takes a line that is for the page
 * @property {(text: string) => void} submit
 */

const RECALLED = 50;
const WARN_PART = 0.8;
// As long as any id, so that the measure does not depend on when the own one is known.
const SOME_ID = "0".repeat(36);

/** The box that one types in. Nothing but sending or its writer empties it. */
export class Composer {
  #text = find("#text", HTMLTextAreaElement);
  #limit = find("#limit");
  #button = find("#send", HTMLButtonElement);
  #parts;
  #draft = "draft";
  /** @type {string[]} */
  #sent = [];
  #recalled = 0;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#text.enterKeyHint = IS_TOUCH ? "enter" : "send";
    this.#text.addEventListener("input", (event) => {
      this.#changed();
      this.#replaceName(event);
    });
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    find("#composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    // A button takes the focus, and with it a phone's keyboard.
    this.#button.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#refuseFiles();
    this.#changed();
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /**
   * Go on with what was typed for a server; what was typed for another stays with that.
   *
   * @param {string} server
   */
  turnTo(server) {
    this.#draft = `draft:${server}`;
    this.#write(this.#parts.store.read(this.#draft, ""));
  }

  /**
   * Put a text before what is typed.
   *
   * @param {string} text
   */
  begin(text) {
    const typed = this.#text.value.replace(/^@\S+ > .*\n/, "");
    this.#write(text + typed);
    this.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  /**
   * Give a text back that was sent too early, behind what is typed by now.
   *
   * @param {string} text
   */
  giveBack(text) {
    this.#write([this.#text.value, text].filter(Boolean).join("\n"));
    this.focus();
  }

  /** A file cannot be sent, and one that is dropped would replace the page. */
  #refuseFiles() {
    document.addEventListener("paste", (event) => refuse(event, event.clipboardData));
    document.addEventListener("drop", (event) => refuse(event, event.dataTransfer));
    document.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !IS_TOUCH) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "ArrowUp") this.#recall(event, -1);
    else if (event.key === "ArrowDown") this.#recall(event, 1);
  }

  /**
   * A colon may end the name of an emoji; the list of them comes with the first.
   *
   * @param {Event} event
   */
  async #replaceName(event) {
    if (!(event instanceof InputEvent) || !event.data?.endsWith(":")) return;
    const end = this.#text.selectionEnd;
    const emoji = await import("./emoji.js").catch(() => null);
    emoji?.replaceName(this.#text, end);
  }

  #send() {
    const text = this.#text.value.replace(/\n\s*$/, "");
    if (this.#text.value.trim() === "" || this.#excess() > 0) return;
    this.#sent = [...this.#sent, text].slice(-RECALLED);
    this.#write("");
    if (/^\/(?!\/)/.test(text)) this.#parts.command(text);
    else this.#parts.submit(text.replace(/^\/\//, "/"));
    this.focus();
  }

  /**
   * ↑ in an empty box brings back what was sent; further ↑ and ↓ while it is unchanged.
   *
   * @param {KeyboardEvent} event
   * @param {-1 | 1} step
   */
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

  /** @param {string} text */
  #write(text) {
    this.#text.value = text;
    this.#changed();
  }

  #changed() {
    this.#parts.store.write(this.#draft, this.#text.value);
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
    if (value.length * 6 + 200 < this.#parts.most) return Number.NEGATIVE_INFINITY;
    return byteLength(encode(value, SOME_ID)) - this.#parts.most;
  }

  #showLimit() {
    const excess = this.#excess();
    this.#limit.hidden = excess < -(1 - WARN_PART) * this.#parts.most;
    this.#limit.dataset.over = String(excess > 0);
    this.#button.disabled = excess > 0;
    this.#limit.textContent = say(excess > 0 ? "bytes_over" : "bytes_left", {
      n: Number.isFinite(excess) ? Math.abs(excess) : 0,
    });
  }
}

/**
 * @param {Event} event
 * @param {DataTransfer | null} data
 */
function refuse(event, data) {
  // A spreadsheet copies a picture of its cells beside their text: then the text is meant.
  const isText = event.type === "paste" && data?.types.includes("text/plain");
  if (!data?.types.includes("Files") || isText) return;
  event.preventDefault();
  toast(say("no_files"));
}

/**
 * Counts what came while nobody looked, in the title and beside the log, and marks in the log where
 * that began. A window without focus is not looked at.
 *
 * Dispatches `changed`; `missed` is what there is to go back to, and `since` when it began, in ms.
 */
export class Unread extends EventTarget {
  missed = 0;
  since = 0;
  #name = "";
  #count = 0;
  #mentions = 0;
  #isAway = false;
  #markNew;
  #drawing = 0;

  /** @param {() => void} markNew */
  constructor(markNew) {
    super();
    this.#markNew = markNew;
    document.addEventListener("visibilitychange", () => this.#look());
    window.addEventListener("focus", () => this.#look());
    window.addEventListener("blur", () => this.#look());
    this.#look();
  }

  /** Whether nobody looks at the page. */
  get isAway() {
    return this.#isAway;
  }

  /**
   * Name the server in the title.
   *
   * @param {string} name
   */
  setName(name) {
    this.#name = name;
    this.#draw();
  }

  /**
   * Count a message that is about to be shown.
   *
   * @param {boolean} isMention
   */
  count(isMention) {
    if (!this.#isAway) return;
    if (this.#count === 0) {
      this.#markNew();
      this.since = Date.now();
    }
    this.#count += 1;
    if (isMention) this.#mentions += 1;
    // A title a message would cost more than the message.
    this.#drawing ||= setTimeout(() => this.#draw(), 200);
  }

  /** The person wrote something: they are up to date. */
  answered() {
    this.#set(0);
  }

  /** The mark was seen. */
  reached() {
    this.#set(0);
  }

  #look() {
    const isAway = document.hidden || !document.hasFocus();
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    if (isAway) return;
    if (this.#count > 0) this.#set(this.#count);
    this.#count = 0;
    this.#mentions = 0;
    this.#draw();
  }

  /** @param {number} missed */
  #set(missed) {
    if (missed === this.missed) return;
    this.missed = missed;
    this.dispatchEvent(new Event("changed"));
  }

  #draw() {
    clearTimeout(this.#drawing);
    this.#drawing = 0;
    const called = this.#mentions > 0 ? ` @${this.#mentions}` : "";
    document.title = this.#count > 0 ? `(${this.#count}${called}) ${this.#name}` : this.#name;
  }
}

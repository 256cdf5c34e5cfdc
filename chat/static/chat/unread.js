/** Counts in the title what came while the tab was hidden, and marks in the log where that began. */
export class Unread {
  #name = "";
  #count = 0;
  #markNew;
  #drawing = 0;

  constructor(markNew) {
    this.#markNew = markNew;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#set(0);
    });
  }

  /** Name the server in the title. */
  setName(name) {
    this.#name = name;
    this.#draw();
  }

  /** Count a message that is about to be shown. */
  count() {
    if (!document.hidden) return;
    if (this.#count === 0) this.#markNew();
    this.#set(this.#count + 1);
  }

  #set(count) {
    this.#count = count;
    // A title a message would cost more than the message.
    if (count === 0) this.#draw();
    else this.#drawing ||= setTimeout(() => this.#draw(), 200);
  }

  #draw() {
    clearTimeout(this.#drawing);
    this.#drawing = 0;
    document.title = this.#count > 0 ? `(${this.#count}) ${this.#name}` : this.#name;
  }
}

/** @typedef {{text: string, state: "waiting" | "sent" | "unsure", sentAt?: number}} Line */

const PATIENCE_MS = 3000;

/**
 * What was typed and not yet seen coming back.
 *
 * A line is `waiting` for a connection, `sent` until its echo comes, or `unsure` if the connection
 * ended first: then only its writer can say whether to send it again.
 */
export class Outbox {
  /** Whether lines wait for the own id, by which their echoes are known; not for ever. */
  isPatient = true;
  #patience = 0;
  #isNamed = false;
  /** @type {Line[]} */
  #lines;
  #send;
  #changed;

  /**
   * @param {object} parts
   * @param {string[]} [parts.lines] of the last visit
   * @param {(text: string) => boolean} parts.send tells whether it went out
   * @param {(lines: Line[]) => void} parts.changed
   */
  constructor({ lines = [], send, changed }) {
    this.#lines = lines.map((text) => ({ text, state: "unsure" }));
    this.#send = send;
    this.#changed = () => changed(this.#lines);
    if (lines.length > 0) this.#changed();
  }

  /** There is a connection; who one is, the server tells next, if it does at all. */
  opened() {
    this.isPatient = true;
    this.#isNamed = false;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.isPatient = false;
      this.flush();
    }, PATIENCE_MS);
  }

  /** @param {string} text */
  add(text) {
    this.#lines = [...this.#lines, { text, state: "waiting" }];
    this.flush();
  }

  /** Send what waits, in order. */
  flush() {
    for (const line of this.#lines) {
      if (line.state !== "waiting") continue;
      if (!this.#send(line.text)) break;
      line.state = "sent";
      line.sentAt = Date.now();
    }
    this.#changed();
  }

  /**
   * An own message came back: its line is delivered, and sent ones before it were lost.
   *
   * @param {string} text
   */
  delivered(text) {
    const sent = this.#lines.filter((line) => line.state === "sent");
    const found = sent.find((line) => line.text === text) ?? this.#unsure(text) ?? sent[0];
    if (found === undefined) return;
    if (found.state === "sent") {
      for (const line of sent.slice(0, sent.indexOf(found))) line.state = "unsure";
    }
    this.discard(found);
  }

  /**
   * Whether a text is the first that could come back: tells who one is without being told.
   *
   * @param {string} text
   */
  expects(text) {
    return this.#lines.find((line) => line.state === "sent")?.text === text;
  }

  /**
   * Tell one's own words. Some servers put no sender to them, or one that nobody has: until a chat
   * has come under the own id, they are known by the text that is waited for.
   *
   * @param {{sender: string, contents: string}} chat
   * @param {string} me the own id
   * @param {(id: string) => boolean} isSomebody
   */
  isOwn({ sender, contents }, me, isSomebody) {
    if (me === "") return false;
    if (sender === me) this.#isNamed = true;
    if (sender === me || this.#isNamed) return sender === me;
    return this.expects(contents) && !isSomebody(sender);
  }

  /** The server objected to something; servers answer in order, so it was the oldest line. */
  refused() {
    const oldest = this.#lines.find((line) => line.state === "sent");
    if (oldest !== undefined) oldest.state = "unsure";
    this.#changed();
  }

  /** The connection ended: sent lines may have arrived or not. */
  interrupted() {
    for (const line of this.#lines) if (line.state === "sent") line.state = "unsure";
    this.#changed();
  }

  /** Another room was entered: what was meant for the last one is not sent there by itself. */
  moved() {
    for (const line of this.#lines) line.state = "unsure";
    this.#changed();
  }

  /** @param {Line} line */
  retry(line) {
    this.#lines = [...this.#lines.filter((other) => other !== line), line];
    line.state = "waiting";
    this.flush();
  }

  /** @param {Line} line */
  discard(line) {
    this.#lines = this.#lines.filter((other) => other !== line);
    this.#changed();
  }

  /** @param {string} text */
  #unsure(text) {
    return this.#lines.find((line) => line.state === "unsure" && line.text === text);
  }
}

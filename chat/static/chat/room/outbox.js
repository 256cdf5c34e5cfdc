/**
 * What was typed and not yet seen coming back.
 *
 * A line is `waiting` for a connection, `sent` until its echo comes, or `unsure` if the connection
 * ended first: then only its writer can say whether to send it again.
 */
export class Outbox {
  #lines;
  #send;
  #changed;

  constructor({ lines = [], send, changed }) {
    this.#lines = lines.map((text) => ({ text, state: "unsure" }));
    this.#send = send;
    this.#changed = () => changed(this.#lines);
    if (lines.length > 0) this.#changed();
  }

  add(text) {
    this.#lines.push({ text, state: "waiting" });
    this.flush();
  }

  /** Send what waits, in order. */
  flush() {
    for (const line of this.#lines) {
      if (line.state !== "waiting") continue;
      if (!this.#send(line.text)) break;
      line.state = "sent";
    }
    this.#changed();
  }

  /** An own message came back: its line is delivered, and sent ones before it were lost. */
  delivered(text) {
    const sent = this.#lines.filter((line) => line.state === "sent");
    const found = sent.find((line) => line.text === text) ?? this.#unsure(text) ?? sent[0];
    if (found === undefined) return;
    if (found.state === "sent") {
      for (const line of sent.slice(0, sent.indexOf(found))) line.state = "unsure";
    }
    this.discard(found);
  }

  /** Whether a text is the first that could come back: tells who one is without being told. */
  expects(text) {
    return this.#lines.find((line) => line.state === "sent")?.text === text;
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

  retry(line) {
    this.#lines = [...this.#lines.filter((other) => other !== line), line];
    line.state = "waiting";
    this.flush();
  }

  discard(line) {
    this.#lines = this.#lines.filter((other) => other !== line);
    this.#changed();
  }

  #unsure(text) {
    return this.#lines.find((line) => line.state === "unsure" && line.text === text);
  }
}

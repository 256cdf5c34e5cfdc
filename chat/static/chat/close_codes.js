// Of RFC 6455, for servers that send it; wschat's own codes come with the page.
const POLICY = { 1008: { comeBack: false, meaning: "the server's policy forbids it" } };

/** What a close code asks for: whether to come back, and why it was sent. */
export class CloseCodes {
  #known;

  constructor(known) {
    this.#known = { ...POLICY, ...known };
  }

  /** An unknown code comes back: networks fail more often than servers mean it. */
  comesBack(code) {
    return this.#known[code]?.comeBack ?? true;
  }

  meaning(code) {
    return this.#known[code]?.meaning ?? "";
  }
}

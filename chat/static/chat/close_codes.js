// Of RFC 6455, for servers that send it; wschat's own codes come with the page.
const POLICY = { 1008: { comeBack: false, meaning: "the server's policy forbids it" } };

// That a connection ended, and nothing about why.
const SAY_NOTHING = new Set([1000, 1005, 1006]);

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

  /** Why, as far as the code tells. */
  meaning(code) {
    if (SAY_NOTHING.has(code)) return "";
    return this.#known[code]?.meaning ?? "";
  }
}

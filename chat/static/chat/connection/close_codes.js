import { meaningOf } from "../dom/words.js";

/** @typedef {{comeBack: boolean}} CloseCode whether to come back */

// Of RFC 6455, for servers that send it; wschat's own codes come with the page.
const POLICY = { 1008: { comeBack: false } };

// That a connection ended, and nothing about why.
const SAY_NOTHING = new Set([1000, 1005, 1006]);

/** What a close code asks for: whether to come back, and why it was sent. */
export class CloseCodes {
  /** @type {Record<number, CloseCode>} */
  #known;

  /** @param {Record<number, CloseCode>} known */
  constructor(known) {
    this.#known = { ...POLICY, ...known };
  }

  /**
   * An unknown code comes back: networks fail more often than servers mean it.
   *
   * @param {number} code
   */
  comesBack(code) {
    return this.#known[code]?.comeBack ?? true;
  }

  /**
   * Why a connection ended: what the code means and what the server said, each once; empty if
   * nobody said.
   *
   * @param {number} code
   * @param {string} said
   */
  because(code, said) {
    const known = SAY_NOTHING.has(code) ? "" : meaningOf(code);
    const meaning = this.comesBack(code) && said ? "" : known;
    if (meaning === "" || said === "") return meaning || said;
    return said.toLowerCase().startsWith(meaning.toLowerCase()) ? said : `${meaning}: ${said}`;
  }
}

const CALL = /(^|[^\p{L}\p{N}@])@([0-9a-f]{4}(?:[·-]?[0-9a-f]+)*)/giu;
const MOST = 500;

/** Ids that are kept for the visit, told to nobody: one's own so far, or those of people muted. */
export class KeptIds {
  #ids;
  #store;
  #key;

  /**
   * @param {import("wschat:room/store.js").Store} store
   * @param {string} key
   */
  constructor(store, key) {
    this.#store = store;
    this.#key = key;
    this.#ids = new Set(store.read(key, /** @type {string[]} */ ([])));
  }

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  /**
   * @param {string} id
   * @param {boolean} kept
   */
  set(id, kept) {
    this.#ids.delete(id);
    if (kept) this.#ids.add(id);
    this.#ids = new Set([...this.#ids].slice(-MOST));
    this.#store.write(this.#key, [...this.#ids]);
  }

  /**
   * Whether a text calls one of them, by `@` and the beginning of the id.
   *
   * @param {string} text
   */
  isCalledIn(text) {
    if (!text.includes("@")) return false;
    const bare = [...this.#ids].map((id) => id.replaceAll("-", ""));
    return [...text.matchAll(CALL)].some(([, , name = ""]) => {
      const beginning = name.replaceAll(/[·-]/g, "").toLowerCase();
      return bare.some((id) => id.startsWith(beginning));
    });
  }
}

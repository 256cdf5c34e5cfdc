/** @typedef {import("wschat:room/store.js").Store} Store */

const SHORT = 4;
const STEP = 2;
const KNOWN = 5000;
const LONGEST_NAME = 40;

/**
 * What people are called: the first four characters of their id, more where two would be called
 * alike, and the name that this person gave them for the visit.
 *
 * Dispatches `changed` with the ids that are called otherwise now as its detail.
 */
class Names extends EventTarget {
  /** @type {Map<string, string[]>} ids by their first characters, oldest first */
  #alike = new Map();
  /** @type {Map<string, number>} */
  #lengths = new Map();
  /** @type {Record<string, string>} */
  #given = {};
  /** @type {Store | null} */
  #store = null;

  /**
   * Keep the given names for the visit.
   *
   * @param {Store} store
   */
  keepIn(store) {
    this.#store = store;
    this.#given = store.read("names", /** @type {Record<string, string>} */ ({}));
  }

  /**
   * The short form that no other known id has.
   *
   * @param {string} id
   */
  short(id) {
    if (!this.#lengths.has(id)) this.#meet(id);
    const digits = bare(id);
    const length = this.#lengths.get(id) ?? SHORT;
    if (length <= SHORT || digits.length <= SHORT) return digits.slice(0, SHORT) || "????";
    return `${digits.slice(0, SHORT)}·${digits.slice(SHORT, length)}`;
  }

  /**
   * The name that was given; empty if none was.
   *
   * @param {string} id
   */
  given(id) {
    return this.#given[id] ?? "";
  }

  /**
   * Call somebody by a name; an empty one takes it back.
   *
   * @param {string} id
   * @param {string} name
   */
  give(id, name) {
    const shown = name.trim().slice(0, LONGEST_NAME);
    if (shown === "") delete this.#given[id];
    else this.#given[id] = shown;
    this.#store?.write("names", this.#given);
    this.#tell([id]);
  }

  /**
   * Find whom somebody means by a given name or the beginning of an id.
   *
   * @param {string} word
   * @returns {string | undefined}
   */
  find(word) {
    const wanted = bare(word.replace(/^@/, "")).toLowerCase();
    if (wanted === "") return undefined;
    const given = Object.keys(this.#given).find(
      (id) => bare(this.given(id)).toLowerCase() === wanted,
    );
    const ids = [...this.#lengths.keys()].filter((id) => bare(id).toLowerCase().startsWith(wanted));
    return given ?? (wanted.length >= SHORT || ids.length === 1 ? ids.at(-1) : undefined);
  }

  /** @param {string} id */
  #meet(id) {
    if (this.#lengths.size >= KNOWN) this.#forgetOldest();
    this.#lengths.set(id, SHORT);
    const key = bare(id).slice(0, SHORT);
    const ids = [...(this.#alike.get(key) ?? []), id];
    this.#alike.set(key, ids);
    if (ids.length === 1) return;
    const length = distinct(ids);
    const changed = ids.filter((other) => this.#lengths.get(other) !== length);
    for (const other of changed) this.#lengths.set(other, length);
    this.#tell(changed);
  }

  #forgetOldest() {
    const [id = ""] = this.#lengths.keys();
    const key = bare(id).slice(0, SHORT);
    const left = (this.#alike.get(key) ?? []).filter((other) => other !== id);
    this.#lengths.delete(id);
    if (left.length === 0) this.#alike.delete(key);
    else this.#alike.set(key, left);
  }

  /** @param {string[]} ids */
  #tell(ids) {
    this.dispatchEvent(new CustomEvent("changed", { detail: ids }));
  }
}

/** One for the page: everybody is called alike everywhere on it. */
export const names = new Names();

/**
 * How many characters tell all of these apart.
 *
 * @param {string[]} ids
 */
function distinct(ids) {
  const all = ids.map(bare);
  const longest = Math.max(...all.map((digits) => digits.length));
  let length = SHORT;
  while (
    length < longest &&
    new Set(all.map((digits) => digits.slice(0, length))).size < all.length
  )
    length += STEP;
  return length;
}

/** @param {string} id */
function bare(id) {
  return id.replaceAll(/[-·]/g, "");
}

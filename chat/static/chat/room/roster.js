/**
 * Who was seen here: joined or spoke since one's own joining, and did not leave. Whoever spoke before
 * is known, and not known to be here.
 */
export class Roster {
  /** @type {Set<string>} */
  #people = new Set();
  /** @type {Set<string>} */
  #spoke = new Set();
  /** @type {Set<string>} */
  #earlier = new Set();
  /** @type {number | null} */
  #total = null;
  #changed;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Whoever spoke comes first: it is they who are looked for. */
  get ids() {
    const silent = [...this.#people].filter((id) => !this.#spoke.has(id));
    return [...this.#spoke, ...silent, ...this.#earlier];
  }

  get seen() {
    return this.#people.size;
  }

  /** The true number, or null for a server that does not tell. */
  get total() {
    return this.#total === null ? null : Math.max(this.#total, this.seen);
  }

  /** Start over in a room that nothing is known of. */
  clear() {
    this.#people.clear();
    this.#spoke.clear();
    this.#earlier.clear();
    this.#total = null;
    this.#changed();
  }

  /** @param {string} id */
  joined(id) {
    this.#earlier.delete(id);
    this.#people.add(id);
    if (this.#total !== null) this.#total += 1;
    this.#changed();
  }

  /** @param {string} id */
  left(id) {
    this.#people.delete(id);
    this.#spoke.delete(id);
    this.#earlier.delete(id);
    if (this.#total !== null) this.#total -= 1;
    this.#changed();
  }

  /** @param {string} id */
  spoke(id) {
    if (this.#spoke.has(id)) return;
    this.#earlier.delete(id);
    this.#people.add(id);
    this.#spoke.add(id);
    this.#changed();
  }

  /**
   * Take who spoke before one came.
   *
   * @param {string[]} ids
   */
  spokeEarlier(ids) {
    for (const id of ids) if (!this.#people.has(id)) this.#earlier.add(id);
    this.#changed();
  }

  /**
   * Whether it is not known that somebody is still here.
   *
   * @param {string} id
   */
  isEarlier(id) {
    return this.#earlier.has(id);
  }

  /**
   * Take the server's own count.
   *
   * @param {number} total
   */
  count(total) {
    this.#total = total;
    this.#changed();
  }
}

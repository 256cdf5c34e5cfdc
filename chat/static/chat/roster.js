/** Who was seen here: joined or spoke since one's own joining, and did not leave. */
export class Roster {
  #people = new Map();
  #total = null;
  #changed;

  constructor(changed) {
    this.#changed = changed;
  }

  get ids() {
    return [...this.#people.keys()];
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
    this.#total = null;
    this.#changed();
  }

  joined(id) {
    this.#people.set(id, true);
    if (this.#total !== null) this.#total += 1;
    this.#changed();
  }

  left(id) {
    this.#people.delete(id);
    if (this.#total !== null) this.#total -= 1;
    this.#changed();
  }

  spoke(id) {
    if (this.#people.has(id)) return;
    this.#people.set(id, true);
    this.#changed();
  }

  /** Take the server's own count. */
  count(total) {
    this.#total = total;
    this.#changed();
  }
}

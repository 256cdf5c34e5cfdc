/** Whom this person does not want to read; kept for the visit, told to nobody. */
export class Mutes {
  #ids;
  #store;

  constructor(store) {
    this.#store = store;
    this.#ids = new Set(store.read("muted", []));
  }

  has(id) {
    return this.#ids.has(id);
  }

  set(id, muted) {
    if (muted) this.#ids.add(id);
    else this.#ids.delete(id);
    this.#store.write("muted", [...this.#ids]);
  }
}

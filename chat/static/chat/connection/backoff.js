/** How long to wait before the next try: full jitter below a ceiling that doubles up to a cap. */
export class Backoff {
  #tries = 0;
  #base;
  #cap;
  #random;

  /** `base` and `cap` in ms; `random` gives a number from 0 up to 1. */
  constructor({ base = 1000, cap = 20_000, random = Math.random } = {}) {
    this.#base = base;
    this.#cap = cap;
    this.#random = random;
  }

  /** Milliseconds to wait from now. */
  next() {
    const ceiling = Math.min(this.#cap, this.#base * 2 ** this.#tries);
    this.#tries += 1;
    return this.#random() * ceiling;
  }

  /** Start over, after a connection that lasted. */
  reset() {
    this.#tries = 0;
  }
}

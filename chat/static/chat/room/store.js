const PREFIX = "wschat.";

/** What this browser remembers; where storage is blocked, nothing is, and nothing breaks. */
export class Store {
  #area;

  /** @param {() => Storage} area */
  constructor(area) {
    this.#area = area;
  }

  /** Kept until the tab is closed. */
  static visit() {
    return new Store(() => sessionStorage);
  }

  /** Kept for the next visits. */
  static always() {
    return new Store(() => localStorage);
  }

  /**
   * @template Value
   * @param {string} key
   * @param {Value} fallback
   * @returns {Value}
   */
  read(key, fallback) {
    try {
      return JSON.parse(this.#area().getItem(PREFIX + key) ?? "null") ?? fallback;
    } catch {
      return fallback;
    }
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  write(key, value) {
    try {
      this.#area().setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      // Blocked or full: the page works without.
    }
  }
}

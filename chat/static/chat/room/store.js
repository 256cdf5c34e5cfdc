const PREFIX = "wschat.";

/** What this browser remembers; where storage is blocked, nothing is, and nothing breaks. */
export class Store {
  #area;

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

  read(key, fallback) {
    try {
      return JSON.parse(this.#area().getItem(PREFIX + key)) ?? fallback;
    } catch {
      return fallback;
    }
  }

  write(key, value) {
    try {
      this.#area().setItem(PREFIX + key, JSON.stringify(value));
    } catch {
      // Blocked or full: the page works without.
    }
  }
}

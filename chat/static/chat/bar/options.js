import { find } from "../dom/elements.js";

/** What a person sets for this page, kept for the next visits. */
export class Options {
  #store;

  /** @param {import("wschat:room/store.js").Store} store */
  constructor(store) {
    this.#store = store;
    this.#setUpTheme();
    const { classList } = document.body;
    this.#setUpSwitch("#show-traffic", "traffic", true, (on) =>
      classList.toggle("no-traffic", !on),
    );
    this.#setUpSwitch("#compact", "compact", false, (on) => classList.toggle("compact", on));
  }

  #setUpTheme() {
    const chosen = this.#store.read("theme", "system");
    /** @type {NodeListOf<HTMLInputElement>} */
    const inputs = document.querySelectorAll("input[name=theme]");
    for (const input of inputs) {
      input.checked = input.value === chosen;
      input.addEventListener("change", () => this.#setTheme(input.value));
    }
    this.#paintFrame();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#paintFrame());
  }

  /** @param {string} theme */
  #setTheme(theme) {
    this.#store.write("theme", theme);
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    this.#paintFrame();
  }

  /** The browser's own bar takes the page's colour. */
  #paintFrame() {
    const { backgroundColor } = getComputedStyle(document.body);
    for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
      meta.setAttribute("content", backgroundColor);
    }
  }

  /**
   * A box that switches a class of the page.
   *
   * @param {string} selector
   * @param {string} key
   * @param {boolean} unset what holds until it was chosen
   * @param {(on: boolean) => void} apply
   */
  #setUpSwitch(selector, key, unset, apply) {
    const box = find(selector, HTMLInputElement);
    box.checked = this.#store.read(key, unset);
    box.addEventListener("change", () => {
      this.#store.write(key, box.checked);
      apply(box.checked);
    });
    apply(box.checked);
  }
}

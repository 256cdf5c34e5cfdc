import { find } from "./elements.js";

/** What a person sets for this page, kept for the next visits. */
export class Options {
  #store;

  constructor(store) {
    this.#store = store;
    this.#setUpTheme();
    this.#setUpTraffic();
  }

  #setUpTheme() {
    const chosen = this.#store.read("theme", "system");
    for (const input of document.querySelectorAll("input[name=theme]")) {
      input.checked = input.value === chosen;
      input.addEventListener("change", () => this.#setTheme(input.value));
    }
    this.#paintFrame();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#paintFrame());
  }

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
      meta.content = backgroundColor;
    }
  }

  #setUpTraffic() {
    const box = find("#show-traffic");
    box.checked = this.#store.read("traffic", true);
    const apply = () => document.body.classList.toggle("no-traffic", !box.checked);
    box.addEventListener("change", () => {
      this.#store.write("traffic", box.checked);
      apply();
    });
    apply();
  }
}

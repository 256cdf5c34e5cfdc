/** Keeps the page as tall as what is visible: a phone's keyboard may lie over it otherwise. */
export class Viewport {
  #view = window.visualViewport;

  constructor() {
    this.#view?.addEventListener("resize", () => this.#fit());
    this.#fit();
  }

  #fit() {
    if (this.#view?.scale !== 1) return; // zoomed in: the person decides
    document.documentElement.style.setProperty("--visible-height", `${this.#view.height}px`);
    window.scrollTo(0, 0);
  }
}

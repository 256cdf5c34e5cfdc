const HIDDEN_MS = 250;
// A timer is no finer than this.
const SHORTEST_MS = 4;

/**
 * Work that is asked for often and done at most once a frame; in a hidden tab, a few times a second.
 * As long as a frame took, its layout and its painting included, as long is left for everything else
 * before the next one.
 */
export class FrameTask {
  #work;
  #isAskedFor = false;
  #isDrawing = false;
  #restsUntil = 0;

  /** @param {() => void} work */
  constructor(work) {
    this.#work = work;
    // A frame that was asked for does not come once the tab is hidden.
    document.addEventListener("visibilitychange", () => this.#isAskedFor && this.#plan());
  }

  schedule() {
    if (this.#isAskedFor) return;
    this.#isAskedFor = true;
    this.#plan();
  }

  #plan() {
    if (this.#isDrawing) return;
    const rest = this.#restsUntil - performance.now();
    if (document.hidden) setTimeout(this.#run, HIDDEN_MS);
    else if (rest < SHORTEST_MS) requestAnimationFrame(this.#run);
    else setTimeout(() => requestAnimationFrame(this.#run), rest);
  }

  #run = () => {
    if (!this.#isAskedFor || this.#isDrawing) return;
    this.#isAskedFor = false;
    this.#isDrawing = true;
    const began = performance.now();
    this.#work();
    // A frame's own timer fires when the frame is painted.
    setTimeout(() => {
      const now = performance.now();
      this.#isDrawing = false;
      this.#restsUntil = 2 * now - began;
      if (this.#isAskedFor) this.#plan();
    });
  };
}

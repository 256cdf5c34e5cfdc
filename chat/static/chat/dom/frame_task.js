const HIDDEN_MS = 250;

/** Work that is asked for often and done at most once a frame; in a hidden tab, a few times a second. */
export class FrameTask {
  #work;
  #waiting = false;

  /** @param {() => void} work */
  constructor(work) {
    this.#work = work;
    // A frame that was asked for does not come once the tab is hidden.
    document.addEventListener("visibilitychange", () => this.#waiting && this.#plan());
  }

  schedule() {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#plan();
  }

  #plan() {
    if (document.hidden) setTimeout(this.#run, HIDDEN_MS);
    else requestAnimationFrame(this.#run);
  }

  #run = () => {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#work();
  };
}

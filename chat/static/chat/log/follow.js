import { count, say } from "../dom/words.js";

const NEAR = 40;

/** Keeps the log at its end while the person is there, and out of the way while they read back. */
export class Follow {
  #scroller;
  #button;
  #following = true;
  #missed = 0;
  #top = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} button
   */
  constructor(scroller, button) {
    this.#scroller = scroller;
    this.#button = button;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    button.addEventListener("click", () => this.toEnd());
    // A keyboard on the screen, a growing box, a turned phone: the end stays in sight.
    const resized = new ResizeObserver(() => this.#following && this.toEnd());
    resized.observe(scroller);
  }

  /** Whether the person is at the end. */
  get isFollowing() {
    return this.#following;
  }

  /**
   * Change the log and stay where the person is; `added` messages count as missed if not seen.
   *
   * @param {() => void} change
   * @param {number} added
   */
  around(change, added) {
    change();
    if (this.#following) this.toEnd();
    else this.#miss(added);
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#top = this.#scroller.scrollTop;
    this.#setFollowing(true);
  }

  /**
   * Scroll by pages, down or up.
   *
   * @param {number} pages
   */
  page(pages) {
    this.#scroller.scrollBy({ top: pages * 0.9 * this.#scroller.clientHeight });
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    // Only a person scrolls up: new lines and a smaller window do not.
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.#setFollowing(true);
    else if (scrollTop < this.#top - 1) this.#setFollowing(false);
    this.#top = scrollTop;
  }

  /** @param {boolean} following */
  #setFollowing(following) {
    if (following) this.#missed = 0;
    if (following === this.#following) return;
    this.#following = following;
    this.#scroller.setAttribute("aria-live", following ? "polite" : "off");
    this.#scroller.dataset.following = String(following);
    this.#miss(0);
  }

  /** @param {number} added */
  #miss(added) {
    this.#missed += added;
    this.#button.hidden = this.#following;
    const missed = this.#missed;
    this.#button.textContent = missed > 0 ? count("new_messages", missed) : say("jump");
  }
}

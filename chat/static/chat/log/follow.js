const NEAR = 40;

/** Keeps the log at its end while the person is there, and out of the way while they read back. */
export class Follow {
  #scroller;
  #button;
  #following = true;
  #missed = 0;
  #top = 0;

  constructor(scroller, button) {
    this.#scroller = scroller;
    this.#button = button;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    button.addEventListener("click", () => this.toEnd());
    // A keyboard on the screen, a growing box, a turned phone: the end stays in sight.
    const resized = new ResizeObserver(() => this.#following && this.toEnd());
    resized.observe(scroller);
  }

  /** Change the log and stay where the person is; `added` messages count as missed if not seen. */
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

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    // Only a person scrolls up: new lines and a smaller window do not.
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.#setFollowing(true);
    else if (scrollTop < this.#top - 1) this.#setFollowing(false);
    this.#top = scrollTop;
  }

  #setFollowing(following) {
    if (following) this.#missed = 0;
    if (following === this.#following) return;
    this.#following = following;
    this.#scroller.setAttribute("aria-live", following ? "polite" : "off");
    this.#miss(0);
  }

  #miss(added) {
    this.#missed += added;
    this.#button.hidden = this.#following;
    const count = this.#missed === 1 ? "1 new message" : `${this.#missed} new messages`;
    this.#button.textContent = this.#missed > 0 ? count : "Jump to latest";
  }
}

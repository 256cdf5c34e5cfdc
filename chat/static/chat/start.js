// Runs before the first paint, so a chosen look does not flash; a module would come too late.
document.documentElement.classList.add("has-script");
try {
  const look = JSON.parse(localStorage.getItem("wschat.theme") ?? "null");
  if (look === "light" || look === "dark") document.documentElement.dataset.theme = look;
} catch {
  // Storage is blocked: the system's look stays.
}

// A browser gives up its requests when a phone changes its network: the page then lacks a script
// or its styles, and nothing on it would ever move. Runs first, to hear of everything that fails.
{
  const FIRST_PAUSE_MS = 1000;
  const LONGEST_PAUSE_MS = 60_000;
  const NEEDED = 'script[type="module"], link[rel="stylesheet"]';
  const KEY = "wschat.reloads";
  let isWhole = true;

  document.addEventListener(
    "error",
    ({ target }) => {
      if (target instanceof Element && target.matches(NEEDED)) isWhole = false;
    },
    true,
  );
  window.addEventListener("load", () => {
    const times = isWhole ? 0 : count() + 1;
    keep(times);
    if (isWhole) return;
    tell();
    reloadWhenReachable(Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS));
  });

  function count() {
    try {
      return Number(sessionStorage.getItem(KEY));
    } catch {
      return 0;
    }
  }

  /** @param {number} times */
  function keep(times) {
    try {
      sessionStorage.setItem(KEY, String(times));
    } catch {
      // Storage is blocked: every pause is the first.
    }
  }

  function tell() {
    const again = part("#banner-again");
    part("#dot").dataset.state = "waiting";
    const words = JSON.parse(part("#words").textContent ?? "{}");
    part("#connection").textContent = words.state_waiting;
    part("#banner").hidden = false;
    part("#banner-text").textContent = words.not_whole;
    again.textContent = words.load_again;
    again.addEventListener("click", () => location.reload());
  }

  /**
   * @param {string} selector
   * @returns {HTMLElement}
   */
  function part(selector) {
    return /** @type {HTMLElement} */ (document.querySelector(selector));
  }

  /**
   * Asks first: a reload without a network would leave the browser's own page in place of this.
   *
   * @param {number} pause in ms
   */
  function reloadWhenReachable(pause) {
    setTimeout(async () => {
      const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
      if (answer?.ok) location.reload();
      else reloadWhenReachable(Math.min(2 * pause, LONGEST_PAUSE_MS));
    }, pause);
  }
}

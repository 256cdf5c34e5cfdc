/** Keeps parts of an operator's page as the server has them now. */

const EVERY = 3000; // milliseconds

/** Django's boxes of a list as they are when it asks: rows come and go. */
class Boxes {
  get #all() {
    return /** @type {NodeListOf<HTMLInputElement>} */ (
      document.querySelectorAll("tr input.action-select")
    );
  }

  get length() {
    return this.#all.length;
  }

  /** @param {(box: HTMLInputElement) => void} visit */
  forEach(visit) {
    this.#all.forEach(visit);
  }

  [Symbol.iterator]() {
    return this.#all[Symbol.iterator]();
  }
}

/** Fetches the page again and again while it is seen, and takes over what changed in its regions. */
class Refresher {
  #status;
  #regions;

  /** @param {HTMLElement} status where to say why nothing is refreshed; it names the regions */
  constructor(status) {
    this.#status = status;
    this.#regions = (status.dataset.regions ?? "").split(", ");
  }

  start() {
    setInterval(() => this.#turn(), EVERY);
    document.addEventListener("visibilitychange", () => this.#turn());
  }

  async #turn() {
    if (document.visibilityState !== "visible") {
      return;
    }
    if (document.querySelector("input.action-select:checked") !== null) {
      this.#say("Stands still while somebody is chosen.");
      return;
    }
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.redirected) {
        this.#say("You are logged out: load the page again.");
      } else if (answer.ok) {
        this.#take(new DOMParser().parseFromString(await answer.text(), "text/html"));
        this.#say("");
      } else {
        this.#say(`Not refreshed: the server answers ${answer.status}.`);
      }
    } catch {
      this.#say("Not refreshed: the server does not answer.");
    }
  }

  /** @param {Document} fresh */
  #take(fresh) {
    for (const region of this.#regions) {
      const [old, now] = [document.querySelector(region), fresh.querySelector(region)];
      if ((old === null) !== (now === null)) {
        location.reload(); // the list was empty, or is now
        return;
      }
      if (old !== null && now !== null && old.innerHTML !== now.innerHTML && !isInUse(old)) {
        replace(old, now);
      }
    }
  }

  /** @param {string} text */
  #say(text) {
    if (this.#status.textContent !== text) {
      this.#status.textContent = text;
    }
  }
}

/**
 * Tell whether somebody types there, or has chosen something meanwhile.
 * @param {Element} region
 */
function isInUse(region) {
  const inputs = [...region.querySelectorAll("input")];
  return inputs.some(
    (input) =>
      input.checked !== input.defaultChecked ||
      (input.type !== "hidden" &&
        (input === document.activeElement || input.value !== input.defaultValue) &&
        input.type !== "checkbox"),
  );
}

/**
 * Take the new content over; what had the focus has it again.
 * @param {Element} old
 * @param {Element} now
 */
function replace(old, now) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  for (const { name, value } of now.attributes) {
    old.setAttribute(name, value);
  }
  old.replaceChildren(...now.childNodes);
  if (focused !== null) {
    const twins = [...old.querySelectorAll(focused.tagName)];
    const twin = twins.find((each) => nameOf(each) === nameOf(focused));
    if (twin instanceof HTMLElement) {
      twin.focus({ preventScroll: true });
    }
  }
}

/** @param {Element} element */
function nameOf(element) {
  return element.id || element.getAttribute("href") || element.getAttribute("value");
}

const status = document.querySelector("#freshness");
if (status instanceof HTMLElement) {
  const stock = Reflect.get(window, "Actions");
  if (stock !== undefined) {
    Reflect.set(window, "Actions", () => stock(new Boxes()));
  }
  new Refresher(status).start();
}

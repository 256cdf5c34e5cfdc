import { find } from "../dom/elements.js";
import { say } from "../dom/words.js";
import { names } from "../room/names.js";

const SOUND_S = 0.18;

/** Tells who looks away that somebody called them: by what they switched on, and no more. */
export class Alerts {
  #notify = find("#alert-notify", HTMLInputElement);
  #sound = find("#alert-sound", HTMLInputElement);
  #unread;
  #called = 0;

  /**
   * @param {import("wschat:room/store.js").Store} store
   * @param {import("wschat:room/unread.js").Unread} unread
   */
  constructor(store, unread) {
    this.#unread = unread;
    this.#notify.checked = store.read("notify", false) && isAllowed();
    this.#sound.checked = store.read("sound", false);
    this.#sound.addEventListener("change", () => {
      store.write("sound", this.#sound.checked);
      if (this.#sound.checked) sound();
    });
    this.#notify.addEventListener("change", async () => {
      if (this.#notify.checked) this.#notify.checked = await ask();
      store.write("notify", this.#notify.checked);
    });
    for (const type of ["focus", "visibilitychange"])
      window.addEventListener(type, () => this.#seen());
  }

  /**
   * Somebody called.
   *
   * @param {{sender: string, contents: string}} message
   */
  call({ sender, contents }) {
    if (!this.#unread.isAway) return;
    if (this.#sound.checked) sound();
    if (!this.#notify.checked) return;
    this.#called += 1;
    navigator.setAppBadge?.(this.#called).catch(() => {});
    const name = names.given(sender) || names.short(sender);
    const title = say("calls_you", { name });
    try {
      const shown = new Notification(title, { body: contents.slice(0, 200), tag: "called" });
      shown.onclick = () => window.focus();
    } catch {
      // Some phones show notifications to installed apps only.
    }
  }

  #seen() {
    if (this.#unread.isAway || this.#called === 0) return;
    this.#called = 0;
    navigator.clearAppBadge?.().catch(() => {});
  }
}

function isAllowed() {
  return "Notification" in window && Notification.permission === "granted";
}

async function ask() {
  return "Notification" in window && (await Notification.requestPermission()) === "granted";
}

/** Two short tones, made here: a file would be one more to load. */
function sound() {
  const context = new AudioContext();
  const volume = new GainNode(context, { gain: 0.08 });
  const tone = new OscillatorNode(context, { frequency: 660 });
  tone.frequency.setValueAtTime(880, context.currentTime + SOUND_S / 2);
  tone.connect(volume).connect(context.destination);
  tone.onended = () => context.close();
  tone.start();
  tone.stop(context.currentTime + SOUND_S);
}

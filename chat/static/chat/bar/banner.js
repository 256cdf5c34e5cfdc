import { dateAndTime } from "../dom/clock.js";
import { find } from "../dom/elements.js";
import { say } from "../dom/words.js";

/** @typedef {import("wschat:connection/connection.js").State} State */

const SHORT_MS = 700;

/**
 * Says how the connection is: a word in the bar always, a line below it when there is more to say.
 *
 * Screen readers are told once when it is lost, and once when it is back.
 */
export class Banner {
  #banner = find("#banner");
  #text = find("#banner-text");
  #countdown = find("#banner-countdown");
  #again = find("#banner-again");
  #voice;
  #leave;
  #isLost = false;
  #tick = 0;
  #delay = 0;

  /**
   * @param {object} acts
   * @param {() => void} acts.retry
   * @param {() => void} acts.leave what a focus here goes on with
   * @param {{tell: (text: string) => void}} voice
   */
  constructor({ retry, leave }, voice) {
    this.#voice = voice;
    this.#leave = leave;
    this.#again.addEventListener("click", () => {
      leave();
      retry();
    });
  }

  /**
   * Show a state of the connection; `wasThere` tells losing a server from not finding it.
   *
   * @param {State} state
   * @param {boolean} wasThere
   * @param {number} keptSince until when the log tells what was said before, in ms; 0 if it does not
   */
  show(state, wasThere, keptSince) {
    clearInterval(this.#tick);
    clearTimeout(this.#delay);
    find("#dot").dataset.state = state.kind;
    find("#connection").textContent = say(`state_${state.kind}`);
    this.#countdown.textContent = "";
    this.#banner.dataset.kind = state.kind;
    if (state.kind === "open") this.#open();
    else if (state.kind === "connecting") this.#connecting(state.server);
    else this.#tell(state, wasThere, keptSince);
  }

  #open() {
    if (this.#isLost) this.#voice.tell(say("connected_again"));
    this.#isLost = false;
    if (this.#banner.contains(document.activeElement)) this.#leave();
    this.#banner.hidden = true;
  }

  /**
   * What takes a blink is not worth a line that comes and goes.
   *
   * @param {import("wschat:room/servers.js").Server} server
   */
  #connecting(server) {
    if (document.activeElement === this.#again) this.#leave();
    this.#again.hidden = true;
    const text = say("connecting_to", { server: server.name });
    this.#delay = setTimeout(() => this.#write(text), SHORT_MS);
    if (!this.#banner.hidden) this.#text.textContent = text;
  }

  /**
   * @param {State} state
   * @param {boolean} wasThere
   * @param {number} keptSince
   */
  #tell(state, wasThere, keptSince) {
    this.#again.hidden = false;
    this.#again.textContent = say(state.kind === "refused" ? "join_again" : "reconnect_now");
    const kept = keptSince > 0 ? say("kept_since", { time: dateAndTime(keptSince) }) : "";
    const text = [sentence(state, wasThere), kept].filter(Boolean).join(" ");
    this.#write(text);
    if (!this.#isLost || state.kind === "refused") this.#voice.tell(text);
    this.#isLost = true;
    if (state.until !== undefined) this.#count(state.until);
  }

  /** @param {string} text */
  #write(text) {
    this.#text.textContent = text;
    this.#banner.hidden = false;
  }

  /** @param {number} until */
  #count(until) {
    const draw = () => {
      const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
      this.#countdown.textContent = say("next_try", { n: seconds });
    };
    draw();
    this.#tick = setInterval(draw, 500);
  }
}

/**
 * @param {State} state
 * @param {boolean} wasThere
 */
function sentence({ kind, server: { name: server }, reason = "", wasReached }, wasThere) {
  if (kind === "offline") return say("is_offline");
  if (kind === "refused" && !wasReached) return say("cannot_join", { server, reason });
  if (kind === "refused") return say("ended", { server, reason: reason || say("no_reason") });
  if (wasThere && reason) return say("lost_because", { server, reason });
  if (wasThere) return say("lost", { server });
  return reason ? say("turned_away", { server, reason }) : say("unreachable", { server });
}

import { find } from "./elements.js";

const SHORT_MS = 700;
const LABELS = {
  connecting: "connecting",
  open: "connected",
  waiting: "not connected",
  offline: "offline",
  refused: "disconnected",
};

/** Says how the connection is: a word in the bar always, a line below it when there is more to say. */
export class Banner {
  #banner = find("#banner");
  #text = find("#banner-text");
  #countdown = find("#banner-countdown");
  #again = find("#banner-again");
  #tick = 0;
  #delay = 0;

  constructor(retry) {
    this.#again.addEventListener("click", retry);
  }

  /** Show a state of the connection; `wasThere` tells losing a server from not finding it. */
  show(state, wasThere) {
    clearInterval(this.#tick);
    clearTimeout(this.#delay);
    find("#dot").dataset.state = state.kind;
    find("#connection").textContent = LABELS[state.kind];
    this.#countdown.textContent = "";
    this.#banner.dataset.kind = state.kind;
    if (state.kind === "open") this.#banner.hidden = true;
    else if (state.kind === "connecting") this.#connecting(state.server);
    else this.#tell(state, wasThere);
  }

  /** What takes a blink is not worth a line that comes and goes. */
  #connecting(server) {
    this.#again.hidden = true;
    this.#delay = setTimeout(() => this.#say(`Connecting to ${server.name} …`), SHORT_MS);
    if (!this.#banner.hidden) this.#text.textContent = `Connecting to ${server.name} …`;
  }

  #tell(state, wasThere) {
    this.#again.hidden = false;
    this.#again.textContent = state.kind === "refused" ? "Join again" : "Reconnect now";
    this.#say(sentence(state, wasThere));
    if (state.kind === "waiting") this.#count(state.until);
  }

  #say(text) {
    this.#text.textContent = text;
    this.#banner.hidden = false;
  }

  #count(until) {
    const draw = () => {
      const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
      this.#countdown.textContent = `Next try in ${seconds} s.`;
    };
    draw();
    this.#tick = setInterval(draw, 500);
  }
}

function sentence({ kind, server, reason, meaning }, wasThere) {
  if (kind === "offline") return "You are offline. The chat comes back with the network.";
  if (kind === "refused" && meaning === undefined) {
    return `${server.name} cannot be joined. ${reason}`;
  }
  if (kind === "refused") {
    const parts = [meaning, reason].filter((part, at, all) => part && all.indexOf(part) === at);
    return `${server.name} ended the connection: ${parts.join(": ") || "no reason given"}.`;
  }
  const because = reason ? ` (${reason})` : "";
  if (wasThere) return `The connection to ${server.name} was lost${because}.`;
  if (reason) return `${server.name} does not let you in at the moment: ${reason}.`;
  return `${server.name} cannot be reached.`;
}

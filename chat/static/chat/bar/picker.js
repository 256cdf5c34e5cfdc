import { probe } from "../connection/probe.js";
import { find, IS_TOUCH, make } from "../dom/elements.js";
import { say } from "../dom/words.js";

/** @typedef {import("wschat:room/servers.js").Server} Server */

/**
 * The list of servers, with what is known of each before joining. Asks them only while it is open,
 * and leaves a room only for a server that answers.
 */
export class Picker {
  #dialog = find("#picker", HTMLDialogElement);
  #list = find("#picker-list");
  #servers;
  #chat;
  #leave;
  #asked = 0;
  #isByPointer = false;

  /**
   * @param {import("wschat:room/servers.js").Servers} servers
   * @param {import("wschat:room/chat.js").Chat} chat
   * @param {() => void} leave takes the focus where it does not belong on what opened the list
   */
  constructor(servers, chat, leave) {
    this.#servers = servers;
    this.#chat = chat;
    this.#leave = leave;
    find("#picker-close").addEventListener("click", () => this.#dialog.close());
    find("#picker-check").addEventListener("click", () => this.#draw());
    this.#dialog.addEventListener("close", () => {
      this.#asked += 1;
      this.#giveFocusBack();
    });
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** @param {boolean} isByPointer whether it was opened without a key */
  open(isByPointer) {
    this.#isByPointer = isByPointer;
    this.#draw();
    this.#dialog.showModal();
    const first = this.#list.querySelector("[aria-current], button");
    if (first instanceof HTMLElement) first.focus();
  }

  /** Who came by keys is back on what they came from; who clicked on it goes on typing. */
  #giveFocusBack() {
    const isLost = document.activeElement === document.body;
    if (!IS_TOUCH && (this.#isByPointer || isLost)) this.#leave();
  }

  #draw() {
    this.#list.replaceChildren(...this.#servers.all.map((server) => this.#row(server)));
  }

  /** @param {Server} server */
  #row(server) {
    const state = make("span", { className: "server-state" }, say("checking"));
    state.setAttribute("role", "status");
    const tag = server.isOwn ? [make("span", { className: "tag" }, say("this_server"))] : [];
    const name = make("span", { className: "server-name" }, make("bdi", {}, server.name), ...tag);
    const url = make("span", { className: "server-url" }, server.url);
    const button = make("button", { type: "button", className: "server" }, name, url, state);
    if (server === this.#chat.server) button.setAttribute("aria-current", "true");
    if (server.obstacle) {
      button.setAttribute("aria-disabled", "true");
      state.textContent = server.obstacle;
    } else {
      button.addEventListener("click", () => this.#choose(server, state));
      this.#tell(server, state);
    }
    return make("li", {}, button);
  }

  /**
   * @param {Server} server
   * @param {HTMLElement} state
   */
  async #choose(server, state) {
    this.#asked += 1;
    const asked = this.#asked;
    const isInside = this.#chat.me !== "" && server !== this.#chat.server;
    if (isInside) {
      state.textContent = say("checking");
      const { reachable } = await probe(server);
      if (asked !== this.#asked) return;
      if (!reachable) {
        state.dataset.reachable = "false";
        state.textContent = say("stayed", { server: this.#chat.server.name });
        return;
      }
    }
    this.#dialog.close();
    this.#chat.enter(server);
  }

  /**
   * @param {Server} server
   * @param {HTMLElement} state
   */
  async #tell(server, state) {
    const asked = this.#asked;
    const { reachable, online, roundTrip } = await probe(server);
    if (asked !== this.#asked) return;
    state.dataset.reachable = String(reachable);
    const known = [say(reachable ? "reachable" : "no_answer")];
    if (online !== null) known.push(say("online", { n: online }));
    if (roundTrip !== null) known.push(say("round_trip", { n: roundTrip }));
    state.textContent = known.join(" · ");
  }
}

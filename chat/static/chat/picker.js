import { find, make } from "./elements.js";
import { probe } from "./probe.js";

/** The list of servers, with what is known of each before joining. Asks them only while it is open. */
export class Picker {
  #dialog = find("#picker");
  #list = find("#picker-list");
  #servers;
  #chat;

  constructor(servers, chat) {
    this.#servers = servers;
    this.#chat = chat;
    find("#where").addEventListener("click", () => this.open());
    find("#banner-other").addEventListener("click", () => this.open());
    find("#picker-close").addEventListener("click", () => this.#dialog.close());
    find("#picker-check").addEventListener("click", () => this.#draw());
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  open() {
    this.#draw();
    this.#dialog.showModal();
    this.#list.querySelector("[aria-current], button")?.focus();
  }

  #draw() {
    this.#list.replaceChildren(...this.#servers.all.map((server) => this.#row(server)));
  }

  #row(server) {
    const state = make("span", { className: "server-state" }, "checking …");
    state.setAttribute("role", "status");
    const tag = server.isOwn ? [make("span", { className: "tag" }, "this server")] : [];
    const name = make("span", { className: "server-name" }, make("bdi", {}, server.name), ...tag);
    const url = make("span", { className: "server-url" }, server.url);
    const button = make("button", { type: "button", className: "server" }, name, url, state);
    if (server === this.#chat.server) button.setAttribute("aria-current", "true");
    if (server.obstacle) this.#block(button, state, server.obstacle);
    else this.#offer(button, state, server);
    return make("li", {}, button);
  }

  #block(button, state, obstacle) {
    button.setAttribute("aria-disabled", "true");
    state.textContent = obstacle;
  }

  #offer(button, state, server) {
    button.addEventListener("click", () => {
      this.#dialog.close();
      this.#chat.enter(server);
    });
    this.#tell(state, server);
  }

  async #tell(state, server) {
    const { reachable, online, roundTrip } = await probe(server);
    state.dataset.reachable = String(reachable);
    const known = [reachable ? "reachable" : "no answer"];
    if (online !== null) known.push(`${online} online`);
    if (roundTrip !== null) known.push(`${roundTrip} ms`);
    state.textContent = known.join(" · ");
  }
}

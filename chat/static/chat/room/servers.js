/** The servers that this page can join, and which one was chosen. */
export class Servers {
  #list;
  #visit;

  constructor({ name, servers, history = 0 }, visit, address = location) {
    const page = new URL(".", address.href);
    const own = page.href.replace(/^http/, "ws").replace(/[?#].*$/, "");
    const others = servers.map((server) => ({ ...server, isOwn: false }));
    this.#list = [{ name, url: own, isOwn: true, history }, ...others].map((server) => ({
      ...server,
      obstacle: obstacle(server.url, page.protocol),
    }));
    this.#visit = visit;
  }

  get all() {
    return this.#list;
  }

  get own() {
    return this.#list[0];
  }

  named(name) {
    return this.#list.find((server) => server.name === name);
  }

  /** The one that the address names, else the last one of this visit, else this one. */
  chosen(address = location) {
    const wanted = new URLSearchParams(address.search).get("server");
    if (wanted !== null) return { server: this.named(wanted) ?? this.own, wanted };
    return { server: this.named(this.#visit.read("server", "")) ?? this.own, wanted };
  }

  /** Keep the choice for the visit, and in the address, which can be passed on. */
  remember(server) {
    this.#visit.write("server", server.name);
    const address = new URL(location.href);
    address.searchParams.set("server", server.name);
    if (server.isOwn) address.searchParams.delete("server");
    history.replaceState(null, "", address);
  }
}

function obstacle(url, protocol) {
  if (protocol !== "https:" || url.startsWith("wss:")) return "";
  return "Not joinable from here: this page is encrypted, that server is not.";
}

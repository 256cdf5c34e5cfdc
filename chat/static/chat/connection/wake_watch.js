const TICK_MS = 10_000;
// Hidden tabs may get one tick a minute; a longer silence means that the computer slept.
const ASLEEP_MS = 150_000;

/** Tells a connection when the network or the person comes back, and when the computer slept. */
export class WakeWatch {
  #connection;
  #last = Date.now();

  /** @param {import("wschat:connection/connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
    window.addEventListener("online", () => connection.wake());
    window.addEventListener("offline", () => connection.sleep());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) connection.wake();
    });
    setInterval(() => this.#tick(), TICK_MS);
  }

  #tick() {
    const now = Date.now();
    if (now - this.#last > ASLEEP_MS) this.#connection.renew();
    this.#last = now;
  }
}

const PATIENCE_MS = 5000;

/**
 * Ask a server whether it is there, without joining: {reachable, online, roundTrip}.
 *
 * A plain request to its http address does; whatever it answers counts, read or not. `online` is
 * null for a server that does not tell; the round trip is in ms, on a connection that stands.
 */
export async function probe(server) {
  const page = server.url.replace(/^ws/, "http");
  const started = performance.now();
  const reachable = await answers(page);
  if (!reachable) return { reachable: false, online: null, roundTrip: null };
  const first = performance.now() - started;
  const online = await askOnline(server);
  const second = performance.now() - started - first;
  return { reachable, online, roundTrip: Math.round(online === null ? first : Math.min(first, second)) };
}

/** How many are online there; null if it does not tell. */
export async function askOnline(server) {
  try {
    const response = await ask(new URL("online", server.url.replace(/^ws/, "http")), "cors");
    const { online } = await response.json();
    return Number.isInteger(online) && online >= 0 ? online : null;
  } catch {
    return null;
  }
}

async function answers(address) {
  try {
    await ask(address, "no-cors");
    return true;
  } catch {
    return false;
  }
}

function ask(address, mode) {
  return fetch(address, {
    mode,
    cache: "no-store",
    credentials: "omit",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
}

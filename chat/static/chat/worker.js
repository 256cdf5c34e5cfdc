// Runs beside the page, as its service worker, and keeps what the page consists of, so that it opens
// without a network. The network is always asked first, and nothing else passes through here: no
// socket, no other page, no other host. The server puts SHELL before this.

/** @typedef {Event & {waitUntil: (done: Promise<unknown>) => void}} PhaseEvent */
/** @typedef {Event & {request: Request, respondWith: (answer: Promise<Response>) => void}} FetchEvent */
/** @typedef {{version: string, main: string, files: string[]}} Shell */

/** @typedef {{SHELL: Shell, skipWaiting: () => Promise<void>}} Scope */

const SCOPE = /** @type {Scope} */ (/** @type {unknown} */ (self));
const PAGE = new URL("./", location.href).href;
// Another server may be on the same host, under another path.
const OURS = `wschat ${PAGE} `;
const NAME = OURS + SCOPE.SHELL.version;
const KEPT = new Set([PAGE, ...SCOPE.SHELL.files.map((file) => new URL(file, PAGE).href)]);

self.addEventListener("install", (event) => {
  /** @type {PhaseEvent} */ (event).waitUntil(keep());
});
self.addEventListener("activate", (event) => {
  /** @type {PhaseEvent} */ (event).waitUntil(forgetOlder());
});
self.addEventListener("fetch", (happened) => {
  const event = /** @type {FetchEvent} */ (happened);
  const { request } = event;
  const address = request.url.replace(/[?#].*$/, "");
  // Whether the server is there is asked by a plain request for the page: that one has to fail.
  const isWanted = address !== PAGE || request.mode === "navigate";
  if (request.method === "GET" && KEPT.has(address) && isWanted) {
    event.respondWith(answer(request, address));
  }
});

async function keep() {
  const cache = await caches.open(NAME);
  await cache.addAll(KEPT);
  const page = await (await cache.match(PAGE, { ignoreVary: true }))?.text();
  // While a server is replaced, the page may come from the next one: the browser tries again.
  if (!page?.includes(SCOPE.SHELL.main)) {
    await caches.delete(NAME);
    throw new Error("the page is not the one that this script is for");
  }
  await SCOPE.skipWaiting();
}

async function forgetOlder() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(OURS) && name !== NAME);
  await Promise.all(older.map((name) => caches.delete(name)));
}

/**
 * @param {Request} request
 * @param {string} address
 */
async function answer(request, address) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(NAME)).match(address, { ignoreVary: true });
    if (kept === undefined) throw error;
    return kept;
  }
}

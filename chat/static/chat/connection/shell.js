/** @typedef {{createScriptURL: (text: string) => string}} Policy */
/** @typedef {{createPolicy: (name: string, policy: Policy) => Policy}} TrustedTypes */

/**
 * Have the browser keep the page for times without a network. Where it cannot, as without encryption
 * or with storage blocked, the page works without.
 */
export function keepShell() {
  // The one address of a script that is made from text; the page's policy allows this name once.
  const policy = { createScriptURL: () => "worker.js" };
  const types = /** @type {{trustedTypes?: TrustedTypes}} */ (/** @type {unknown} */ (window));
  const trusted = types.trustedTypes?.createPolicy("worker", policy) ?? policy;
  navigator.serviceWorker?.register(trusted.createScriptURL("")).catch(() => {});
}

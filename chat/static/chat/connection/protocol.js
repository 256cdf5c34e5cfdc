// The family's messages, leniently: every server of it is understood, none makes this throw.

/** @typedef {"connect" | "disconnect" | "chat" | "error" | "unknown"} Action */
/** @typedef {{action: Action, sender: string, contents: string, at: number | null}} Message */

const DIGITS = /^\d{1,20}$/;
const LATEST = 8.64e15; // what a Date can hold
// JSON.parse would round digits beyond 2^53. A quote within a text is escaped, so this is a key.
const LONG_TIMESTAMP = /"timestamp"\s*:\s*(\d{16,20})(?=\s*[,}])/g;

/** @type {[RegExp, Action][]} */
const SPELLINGS = [
  [/^dis+c/, "disconnect"],
  [/^con/, "connect"],
  [/^err/, "error"],
  [/^(chat|message|msg)/, "chat"],
];

/**
 * Read what came over a socket: {action, sender, contents, at}; `at` in ms, or null.
 *
 * @param {string | ArrayBuffer} data
 * @returns {Message}
 */
export function parse(data) {
  const text = typeof data === "string" ? data : new TextDecoder().decode(data);
  const message = parseObject(text);
  if (message === null) return { action: "unknown", sender: "", contents: text, at: null };
  const sender = asText(message.sender);
  const contents = asText(message.contents);
  const at = milliseconds(message.timestamp);
  return { action: readAction(message.action, sender), sender, contents, at };
}

/** @param {string} text */
function parseObject(text) {
  try {
    const value = JSON.parse(text.replace(LONG_TIMESTAMP, '"timestamp":"$1"'));
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** @param {unknown} value */
function asText(value) {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * @param {unknown} action
 * @param {string} sender
 * @returns {Action}
 */
function readAction(action, sender) {
  const spelled = asText(action).trim().toLowerCase();
  const known = SPELLINGS.find(([pattern]) => pattern.test(spelled));
  if (known) return known[1];
  return spelled === "" && sender !== "system" ? "chat" : "unknown";
}

/**
 * Turn seconds, or milli-, micro- or nanoseconds, into milliseconds; null if it is no time.
 *
 * @param {unknown} timestamp
 */
export function milliseconds(timestamp) {
  const whole = asInteger(timestamp);
  if (whole === null || whole <= 0n) return null;
  const converted = Number(toMilliseconds(whole));
  return converted <= LATEST ? converted : null;
}

/** @param {bigint} whole */
function toMilliseconds(whole) {
  if (whole < 10n ** 11n) return whole * 1000n; // seconds until the year 5138
  if (whole < 10n ** 14n) return whole;
  if (whole < 10n ** 17n) return whole / 1000n;
  return whole / 1_000_000n;
}

/** @param {unknown} timestamp */
function asInteger(timestamp) {
  if (typeof timestamp === "number" && Number.isFinite(timestamp)) {
    return BigInt(Math.trunc(timestamp));
  }
  const digits = typeof timestamp === "string" ? timestamp.trim() : "";
  return DIGITS.test(digits) ? BigInt(digits) : null;
}

/**
 * Write a chat message with all fields: not every server does without.
 *
 * @param {string} contents
 * @param {string} sender
 */
export function encode(contents, sender, now = Date.now()) {
  const timestamp = Math.floor(now / 1000);
  return JSON.stringify({ sender, action: "chat", contents: wellFormed(contents), timestamp });
}

/**
 * Replace halves of surrogate pairs: JSON would carry them, and a server may refuse them.
 *
 * @param {string} text
 */
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/**
 * Bytes of UTF-8.
 *
 * @param {string} text
 */
export function byteLength(text) {
  return new TextEncoder().encode(text).length;
}

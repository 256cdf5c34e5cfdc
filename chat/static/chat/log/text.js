// Strangers' text made harmless to look at. It stays text: parts of it become links, nothing more.

const MARKS = /(\p{M}{4})\p{M}+/gu;
// No spaces, quotes, angle brackets or characters that change the direction of writing.
const ADDRESS = /https?:\/\/[^\s"'<>`\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi;
const FOLD_CHARACTERS = 2000;
const FOLD_LINES = 40;
const ADDRESS_CHARACTERS = 70;
const ADDRESS_END = 18;

/**
 * Clip piles of combining marks; four are more than any language stacks.
 *
 * @param {string} text
 */
export function clipMarks(text) {
  return text.replace(MARKS, "$1");
}

/**
 * Split a long text into what is shown at first and the rest, which is empty for a short one.
 *
 * @param {string} text
 */
export function fold(text) {
  let end = Math.min(text.length, FOLD_CHARACTERS);
  let newline = -1;
  for (let line = 0; line < FOLD_LINES; line += 1) {
    newline = text.indexOf("\n", newline + 1);
    if (newline === -1) break;
  }
  if (newline !== -1) end = Math.min(end, newline);
  if (isInsidePair(text, end)) end -= 1;
  return [text.slice(0, end), text.slice(end)];
}

/**
 * @param {string} text
 * @param {number} index
 */
function isInsidePair(text, index) {
  return /[\uDC00-\uDFFF]/.test(text[index] ?? "") && /[\uD800-\uDBFF]/.test(text[index - 1] ?? "");
}

/**
 * Split into {text} and {text, href}; only http and https addresses become links.
 *
 * @param {string} text
 */
export function linkParts(text) {
  /** @type {{text: string, href?: string}[]} */
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = withoutTrailing(match[0]);
    const href = safeHref(address);
    if (href === null) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ text: address, href });
    from = match.index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/**
 * Shorten a long address in its middle; its host and its end stay.
 *
 * @param {string} address
 */
export function shortAddress(address) {
  if (address.length <= ADDRESS_CHARACTERS) return address;
  const start = address.slice(0, ADDRESS_CHARACTERS - ADDRESS_END - 1);
  return `${start}…${address.slice(-ADDRESS_END)}`;
}

/**
 * Leave the sentence its full stop and its closing bracket.
 *
 * @param {string} address
 * @returns {string}
 */
function withoutTrailing(address) {
  let cut = address.replace(/[.,;:!?…*_~]+$/, "");
  if (cut.endsWith(")") && !cut.includes("(")) cut = withoutTrailing(cut.slice(0, -1));
  return cut;
}

/**
 * No link with a user name: https://bank.example@other.example leads elsewhere than it says.
 *
 * @param {string} address
 */
function safeHref(address) {
  const url = URL.parse ? URL.parse(address) : tryParse(address);
  if (url === null || url.username !== "" || url.hostname === "") return null;
  return url.href;
}

/** @param {string} address */
function tryParse(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

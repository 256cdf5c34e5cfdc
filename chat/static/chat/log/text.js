// Strangers' text made harmless to look at. It stays text: parts of it become links, nothing more.

const MARKS = /(\p{M}{4})\p{M}+/gu;
// No spaces, quotes, angle brackets or characters that change the direction of writing.
const ADDRESS = /https?:\/\/[^\s"'<>`\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/gi;
const FOLD_CHARACTERS = 900;
const FOLD_LINES = 14;

/** Clip piles of combining marks; four are more than any language stacks. */
export function clipMarks(text) {
  return text.replace(MARKS, "$1");
}

/** Split a long text into what is shown at first and the rest, which is empty for a short one. */
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

function isInsidePair(text, index) {
  return /[\uDC00-\uDFFF]/.test(text[index] ?? "") && /[\uD800-\uDBFF]/.test(text[index - 1] ?? "");
}

/** Split into {text} and {text, href}; only http and https addresses become links. */
export function linkParts(text) {
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

/** Leave the sentence its full stop and its closing bracket. */
function withoutTrailing(address) {
  let cut = address.replace(/[.,;:!?…*_~]+$/, "");
  if (cut.endsWith(")") && !cut.includes("(")) cut = withoutTrailing(cut.slice(0, -1));
  return cut;
}

/** No link with a user name: https://bank.example@other.example leads elsewhere than it says. */
function safeHref(address) {
  const url = URL.parse ? URL.parse(address) : tryParse(address);
  if (url === null || url.username !== "" || url.hostname === "") return null;
  return url.href;
}

function tryParse(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

import { make } from "../dom/elements.js";
import { say } from "../dom/words.js";

// Fences at the beginning of a line, or backticks within one; nothing between them is markup.
const CODE = /^```[^\n`]*\n([\s\S]*?)\n?```[^\S\n]*$\n?|`([^`\n]+)`/gm;

/**
 * Split into texts and code, which is shown as written and can be copied.
 *
 * @param {string} text
 * @returns {{text: string, code?: HTMLElement}[]}
 */
export function codeParts(text) {
  if (!text.includes("`")) return [{ text }];
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(CODE)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    const [whole, block, inline] = match;
    parts.push({ text: whole, code: block === undefined ? code(inline ?? "") : fenced(block) });
    from = match.index + whole.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** @param {string} text */
function code(text) {
  return make("code", {}, text);
}

/** @param {string} text */
function fenced(text) {
  const label = say("copy_code");
  // Its label is not a part of the text, which can be searched, quoted and saved.
  const button = make("button", {
    type: "button",
    className: "copy-code",
    tabIndex: -1,
    ariaLabel: label,
    data: { label },
  });
  return make("span", { className: "fenced" }, make("code", {}, text), button);
}

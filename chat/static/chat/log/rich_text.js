import { make } from "../dom/elements.js";
import { count, LANGUAGE, say } from "../dom/words.js";
import { codeParts } from "./code.js";
import { clipMarks, fold, linkParts, shortAddress } from "./text.js";

const LINES = 16;
// What fills that many lines of a wide window.
const CHARACTERS = 1200;
const BREAK = /\r\n|[\n\r\u2028\u2029]/g;
const AND = new Intl.ListFormat(LANGUAGE);

/** @type {WeakMap<Element, string>} */
const WHOLE = new WeakMap();

/**
 * What was said in a row, without what the page leaves out of it: long addresses and the rest of a
 * folded text.
 *
 * @param {HTMLElement} row
 */
export function wholeText(row) {
  const body = row.querySelector(".text");
  return body === null ? "" : (WHOLE.get(body) ?? body.textContent ?? "");
}

/**
 * A stranger's text as nodes: isolated in its direction, folded if high, with links and code.
 *
 * @param {string} text
 */
export function richText(text) {
  const whole = clipMarks(text);
  const [shown, rest] = fold(whole);
  const body = make("bdi", { className: "text" }, ...nodes(shown));
  WHOLE.set(body, whole);
  if (text.trim() === "") body.append(make("em", { className: "faint" }, blank(text)));
  if (rest === "" && !isHigh(shown)) return [body];
  body.classList.add("folded");
  if (rest !== "") body.append("…");
  return [body, foldButton(body, shown, whole)];
}

/**
 * Whether a text is higher than what a style sheet shows of it while it is folded.
 *
 * @param {string} text
 */
function isHigh(text) {
  return text.length > CHARACTERS || text.split("\n", LINES + 1).length > LINES;
}

/** @param {string} text */
function blank(text) {
  if (text === "") return say("empty_message");
  const breaks = text.match(BREAK)?.length ?? 0;
  const spaces = text.replace(BREAK, "").length;
  const parts = [spaces > 0 && count("spaces", spaces), breaks > 0 && count("breaks", breaks)];
  return `(${AND.format(parts.filter((part) => part !== false))})`;
}

/**
 * The same button opens and folds, so the focus stays on it.
 *
 * @param {HTMLElement} body
 * @param {string} shown
 * @param {string} whole
 */
function foldButton(body, shown, whole) {
  const more = say("show_all", { n: whole.length });
  const button = make("button", { type: "button", className: "unfold", tabIndex: -1 }, more);
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    const folded = body.classList.toggle("folded");
    body.replaceChildren(...nodes(folded ? shown : whole), folded && shown !== whole ? "…" : "");
    button.setAttribute("aria-expanded", String(!folded));
    button.textContent = folded ? more : say("show_less");
    if (folded) body.scrollIntoView({ block: "nearest" });
  });
  return button;
}

/**
 * @param {string} text
 * @returns {(Node | string)[]}
 */
function nodes(text) {
  return codeParts(text).flatMap(
    /** @returns {(Node | string)[]} */ (part) => (part.code ? [part.code] : words(part.text)),
  );
}

/** @param {string} text */
function words(text) {
  return linkParts(text).map(({ text, href }) => (href ? link(text, href) : text));
}

/**
 * @param {string} text
 * @param {string} href
 */
function link(text, href) {
  const rel = "noopener noreferrer nofollow";
  // A line may end after each slash.
  const parts = shortAddress(text)
    .split(/(?<=\/)/)
    .flatMap((part) => [part, make("wbr")]);
  return make("a", { href, rel, target: "_blank", title: href, tabIndex: -1 }, ...parts);
}

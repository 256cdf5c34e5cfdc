// The page's texts, in the reader's language; the server puts them into the page.

/** @typedef {typeof import("wschat:words")} Words */
/** @typedef {keyof Words} Word */
/** @typedef {Word extends infer Key ? Key extends `${infer Start}_other` ? Start : never : never} Counted */
/** @typedef {Record<string, string | number>} Values */

/** @type {Words} */
const WORDS = JSON.parse(document.querySelector("#words")?.textContent ?? "{}");

/** The language that the page is in; dates and numbers are written as in it. */
export const LANGUAGE = ofTheReader(document.documentElement.lang);
const PLURAL = new Intl.PluralRules(LANGUAGE);
const NUMBER = new Intl.NumberFormat(LANGUAGE);

/**
 * A text of the page, with values in the places that it names.
 *
 * @param {Word} word
 * @param {Values} [values]
 */
export function say(word, values = {}) {
  return WORDS[word].replace(/\{(\w+)\}/g, (place, name) => shown(values[name] ?? place));
}

/**
 * A text that depends on a number, which stands in it as {n}.
 *
 * @param {Counted} word
 * @param {number} n
 * @param {Values} [values]
 */
export function count(word, n, values = {}) {
  const key = /** @type {Word} */ (`${word}_${PLURAL.select(n)}`);
  return say(key in WORDS ? key : /** @type {Word} */ (`${word}_other`), { ...values, n });
}

/**
 * What a close code means; empty if that is not known.
 *
 * @param {number} code
 */
export function meaningOf(code) {
  const word = `meaning_${code}`;
  return word in WORDS ? say(/** @type {Word} */ (word)) : "";
}

/** @param {string | number} value */
function shown(value) {
  return typeof value === "number" ? NUMBER.format(value) : value;
}

/**
 * The reader's own variety of a language, such as en-GB, by which dates look familiar.
 *
 * @param {string} language
 */
function ofTheReader(language) {
  const own = navigator.languages.find((tag) => tag.split("-")[0] === language);
  return own ?? (language || "en");
}

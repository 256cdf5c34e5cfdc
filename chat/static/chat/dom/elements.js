// Building nodes. Text goes in as text nodes; there is no way to pass markup.

/** Whether this is a phone or the like: no keyboard but the one on the screen. */
export const IS_TOUCH = matchMedia("(hover: none) and (pointer: coarse)").matches;

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element with properties, `data` for its dataset, and children (nodes or texts).
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]> & {data?: Record<string, string>}} [options]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, options = {}, ...children) {
  const { data = {}, ...properties } = options;
  const element = Object.assign(document.createElement(tag), properties);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

/**
 * Make an SVG element with attributes.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {Node[]} children
 */
export function makeSvg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Find what the page is known to have, of the kind that it is known to be.
 *
 * @template {Element} [Kind=HTMLElement]
 * @param {string} selector
 * @param {abstract new () => Kind} [kind]
 * @returns {Kind}
 */
export function find(selector, kind) {
  const found = document.querySelector(selector);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`the page has no ${selector}`);
  return /** @type {Kind} */ (found);
}

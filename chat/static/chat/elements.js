// Building nodes. Text goes in as text nodes; there is no way to pass markup.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element with properties, `data` for its dataset, and children (nodes or texts). */
export function make(tag, { data = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

/** Make an SVG element with attributes. */
export function makeSvg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Find what the page is known to have. */
export function find(selector) {
  return document.querySelector(selector);
}

import { make, makeSvg } from "../dom/elements.js";
import { names } from "../room/names.js";

/**
 * The picture of a person, in their colour.
 *
 * @param {string} id
 */
export function picture(id) {
  const path = makeSvg("path", { d: identicon(id) });
  const look = { viewBox: "-1 -1 7 7", class: "picture", "aria-hidden": "true" };
  return colour(makeSvg("svg", look, path), id);
}

/**
 * The picture as something to tap; the name beside it does the same, for keys and readers.
 *
 * @param {string} id
 */
export function pictureButton(id) {
  const button = make("button", {
    type: "button",
    className: "picture-button",
    tabIndex: -1,
    data: { person: id },
  });
  button.setAttribute("aria-hidden", "true");
  button.append(picture(id));
  return button;
}

/**
 * A button with the name that opens the person's card.
 *
 * @param {string} id
 * @param {number} [tabIndex]
 */
export function nameButton(id, tabIndex = 0) {
  const data = { person: id, named: id };
  const button = make("button", { type: "button", className: "name", tabIndex, data });
  writeName(button);
  return colour(button, id);
}

/**
 * The name alone.
 *
 * @param {string} id
 */
export function nameLabel(id) {
  const label = make("span", { className: "name", data: { named: id } });
  writeName(label);
  return colour(label, id);
}

/**
 * Give an element the person's hue; style sheets make a colour of it that can be read.
 *
 * @template {HTMLElement | SVGElement} Kind
 * @param {Kind} element
 * @param {string} id
 */
export function colour(element, id) {
  element.classList.add("hued");
  element.style.setProperty("--hue", String(hue(id)));
  return element;
}

/** @param {HTMLElement} element */
function writeName(element) {
  const id = element.dataset.named ?? "";
  const given = names.given(id);
  const short = make("bdi", {}, names.short(id));
  if (given === "") element.replaceChildren(short);
  else
    element.replaceChildren(
      make("bdi", { className: "given" }, given),
      " ",
      make("small", {}, short),
    );
}

names.addEventListener("changed", (event) => {
  for (const id of /** @type {CustomEvent<string[]>} */ (event).detail) {
    const selector = `[data-named="${CSS.escape(id)}"]`;
    /** @type {NodeListOf<HTMLElement>} */
    const elements = document.querySelectorAll(selector);
    for (const element of elements) writeName(element);
  }
});

// What is derived from an id alone, so that everybody sees the same person alike.

/**
 * A hue in degrees.
 *
 * @param {string} id
 */
export function hue(id) {
  return hash(id) % 360;
}

/**
 * The path of a 5 × 5 picture, symmetric like a face, for a view box of 0 0 5 5.
 *
 * @param {string} id
 */
export function identicon(id) {
  const bits = hash(`${id}/picture`);
  let path = "";
  for (let cell = 0; cell < 15; cell += 1) {
    if ((bits >>> cell) & 1) path += square(cell) + mirrored(cell);
  }
  return path || square(7) + mirrored(7);
}

/** @param {number} cell */
function square(cell) {
  return `M${Math.floor(cell / 5)} ${cell % 5}h1v1h-1z`;
}

/** @param {number} cell */
function mirrored(cell) {
  const column = Math.floor(cell / 5);
  return column === 2 ? "" : `M${4 - column} ${cell % 5}h1v1h-1z`;
}

/**
 * FNV-1a, with a last mix so that its high bits are as good as its low ones.
 *
 * @param {string} text
 */
function hash(text) {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

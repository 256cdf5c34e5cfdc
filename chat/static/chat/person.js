import { make, makeSvg } from "./elements.js";
import { hue, identicon, shortId } from "./identity.js";

/** The picture of a person, in their colour. */
export function picture(id) {
  const path = makeSvg("path", { d: identicon(id) });
  const svg = makeSvg("svg", { viewBox: "-1 -1 7 7", class: "picture", "aria-hidden": "true" }, path);
  return colour(svg, id);
}

/** A button with the short id that opens the person's card. */
export function nameButton(id) {
  const button = make("button", { type: "button", className: "name", data: { person: id } });
  button.append(make("bdi", {}, shortId(id)));
  return colour(button, id);
}

/** Give an element the person's hue; style sheets make a colour of it that can be read. */
export function colour(element, id) {
  element.classList.add("hued");
  element.style.setProperty("--hue", hue(id));
  return element;
}

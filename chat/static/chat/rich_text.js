import { make } from "./elements.js";
import { clipMarks, fold, linkParts } from "./text.js";

/** A stranger's text as nodes: isolated in its direction, folded if long, with links. */
export function richText(text) {
  const [shown, rest] = fold(clipMarks(text));
  const body = make("bdi", { className: "text" }, ...nodes(shown));
  if (text === "") body.append(make("em", { className: "faint" }, "(empty message)"));
  if (rest === "") return [body];
  body.append("…");
  return [body, unfoldButton(body, shown + rest)];
}

function unfoldButton(body, whole) {
  const label = `Show all ${whole.length.toLocaleString()} characters`;
  const button = make("button", { type: "button", className: "unfold" }, label);
  button.addEventListener("click", () => {
    body.replaceChildren(...nodes(whole));
    button.remove();
  });
  return button;
}

function nodes(text) {
  return linkParts(text).map((part) => (part.href ? link(part) : part.text));
}

function link({ text, href }) {
  const rel = "noopener noreferrer nofollow";
  return make("a", { href, rel, target: "_blank", title: href }, text);
}

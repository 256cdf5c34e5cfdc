import { find } from "./elements.js";

/** Copy a text and say so; without https a browser may refuse, then the text is there to copy. */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    window.prompt("Copy this:", text);
  }
}

/** Tell it for a moment, to eyes and to screen readers. */
function say(text) {
  const said = find("#said");
  said.textContent = text;
  said.classList.remove("sr-only");
  said.classList.add("toast");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => {
    said.className = "sr-only";
    said.textContent = "";
  }, 2500);
}

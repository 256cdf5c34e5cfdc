import { toast } from "./voice.js";
import { say } from "./words.js";

/**
 * Copy a text and say so; without https a browser may refuse, then the text is there to copy.
 *
 * @param {string} text
 * @param {string} done what is said then
 */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    window.prompt(say("copy_this"), text);
  }
}

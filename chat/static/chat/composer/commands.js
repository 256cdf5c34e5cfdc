import { say } from "../dom/words.js";
import { names } from "../room/names.js";
import { listed } from "./emoji.js";

/** @typedef {import("wschat:dom/words.js").Word} Word */
/**
 * @typedef {object} Acts what the commands do
 * @property {(text: string, tone?: string) => void} note
 * @property {(text: string) => void} giveBack
 * @property {() => void} clear
 * @property {() => string} me
 * @property {(id: string) => void} toggleMute
 * @property {(text: string) => void} search
 */

/** Lines that begin with a slash: the page's own, never sent. */
export class Commands {
  #act;

  /** @param {Acts} act */
  constructor(act) {
    this.#act = act;
  }

  /**
   * Do what a line says; `//` begins a line that is no command.
   *
   * @param {string} line with its slash
   */
  run(line) {
    const [first = "", ...words] = line.slice(1).split(" ");
    const word = first.toLowerCase();
    const rest = words.join(" ").trim();
    const act = this.#act;
    if (word === "help") act.note(say("help"), "list");
    else if (word === "me")
      act.note(act.me() === "" ? say("nobody_yet") : say("who_you_are", { id: act.me() }));
    else if (word === "emoji") act.note(listed());
    else if (word === "clear") act.clear();
    else if (word === "search") act.search(rest);
    else if (word === "mute") this.#withPerson(rest, line, (id) => act.toggleMute(id));
    else if (word === "name") this.#name(rest, line);
    else {
      act.note(say("no_command", { line: `/${word}` }));
      act.giveBack(line);
    }
  }

  /**
   * @param {string} rest
   * @param {string} line
   */
  #name(rest, line) {
    const [who = "", ...name] = rest.split(" ");
    this.#withPerson(who, line, (id) => {
      names.give(id, name.join(" "));
      const short = names.short(id);
      this.#act.note(
        name.length ? say("named", { short, name: name.join(" ") }) : say("unnamed", { short }),
      );
    });
  }

  /**
   * @param {string} who
   * @param {string} line
   * @param {(id: string) => void} act
   */
  #withPerson(who, line, act) {
    const id = names.find(who);
    if (id !== undefined) act(id);
    else {
      this.#act.note(say("nobody_called", { who: who || "?" }));
      this.#act.giveBack(line);
    }
  }
}

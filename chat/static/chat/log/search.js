import { find } from "../dom/elements.js";
import { FrameTask } from "../dom/frame_task.js";
import { say } from "../dom/words.js";
import { names } from "../room/names.js";
import { wholeText } from "./rich_text.js";

const FROM = /(?:^|\s)(?:from|von):(\S+)/i;

/** Finds what is loaded, also by person (`from:7f3a`), marks it, and saves the log as text. */
export class Search {
  #entries;
  #follow;
  #leave;
  #bar = find("#search");
  #text = find("#search-text", HTMLInputElement);
  #count = find("#search-count");
  /** @type {HTMLElement[]} */
  #hits = [];
  #at = -1;
  #wasFollowing = false;
  #frame = new FrameTask(() => this.#bar.hidden || this.#look());
  // What comes, goes, is muted or unfolded while the search is open.
  #changes = new MutationObserver(() => this.#frame.schedule());

  /**
   * @param {HTMLElement} entries
   * @param {import("wschat:log/follow.js").Follow} follow
   * @param {() => void} leave takes the focus when the search is closed
   */
  constructor(entries, follow, leave) {
    this.#entries = entries;
    this.#follow = follow;
    this.#leave = leave;
    this.#text.addEventListener("input", () => this.#find());
    this.#bar.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go(-1);
    });
    this.#bar.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    find("#search-up").addEventListener("click", () => this.#go(-1));
    find("#search-down").addEventListener("click", () => this.#go(1));
    find("#search-save").addEventListener("click", () => this.#save());
    find("#search-close").addEventListener("click", () => this.close());
  }

  /** @param {string} text */
  open(text) {
    if (this.#bar.hidden) this.#wasFollowing = this.#follow.isFollowing;
    this.#bar.hidden = false;
    if (text !== "") this.#text.value = text;
    this.#text.focus();
    this.#text.select();
    this.#find();
    const kinds = { childList: true, subtree: true, attributeFilter: ["hidden"] };
    this.#changes.observe(this.#entries, kinds);
  }

  close() {
    this.#bar.hidden = true;
    this.#changes.disconnect();
    CSS.highlights?.clear();
    this.#unmark();
    if (this.#wasFollowing) this.#follow.toEnd();
    this.#leave();
  }

  #find() {
    this.#at = -1;
    this.#look();
    if (this.#hits.length > 0) this.#go(-1);
  }

  /** Look again, and stay at the hit that one is at. */
  #look() {
    const from = FROM.exec(this.#text.value)?.[1] ?? "";
    const words = this.#text.value.replace(FROM, "").trim().toLowerCase();
    const rows = from || words ? this.#rows() : [];
    const present = this.#hits[this.#at];
    this.#hits = rows.filter(
      (row) => isFrom(row, from) && wholeText(row).toLowerCase().includes(words),
    );
    const at = present ? this.#hits.indexOf(present) : -1;
    this.#at = at === -1 ? this.#hits.length : at;
    CSS.highlights?.set("found", new Highlight(...this.#hits.flatMap((row) => ranges(row, words))));
    this.#count.textContent = from || words ? say("found", { n: this.#hits.length }) : "";
  }

  #rows() {
    /** @type {NodeListOf<HTMLElement>} */
    const rows = this.#entries.querySelectorAll(
      ":scope > :is(.message, .announcement):not([hidden])",
    );
    return [...rows];
  }

  /** @param {-1 | 1} step towards the oldest or the latest */
  #go(step) {
    if (this.#hits.length === 0) return;
    this.#at = (this.#at + step + this.#hits.length) % this.#hits.length;
    const hit = this.#hits[this.#at];
    this.#unmark();
    hit?.classList.add("hit");
    hit?.scrollIntoView({ block: "center" });
  }

  #unmark() {
    for (const hit of this.#entries.querySelectorAll(".hit")) hit.classList.remove("hit");
  }

  #save() {
    const lines = this.#rows().map((row) => {
      const at = row.querySelector("time")?.dateTime ?? "";
      return `${at} ${nameOf(row)}: ${wholeText(row)}`;
    });
    const file = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = file;
    link.download = "chat.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(file), 10_000);
  }
}

/** @param {HTMLElement} row */
function nameOf(row) {
  if (row.matches(".announcement")) return say("announcement");
  const id = row.dataset.sender ?? "";
  const given = names.given(id);
  const short = row.classList.contains("mine") ? say("you") : names.short(id);
  return given ? `${given} (${short})` : short;
}

/**
 * @param {HTMLElement} row
 * @param {string} who
 */
function isFrom(row, who) {
  return who === "" || nameOf(row).toLowerCase().includes(who.replace(/^@/, "").toLowerCase());
}

/**
 * Where the words stand in a row.
 *
 * @param {HTMLElement} row
 * @param {string} words in lower case
 */
function ranges(row, words) {
  const found = [];
  const body = row.querySelector(".text");
  if (words === "" || body === null) return [];
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = (node.textContent ?? "").toLowerCase();
    for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + words.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, Math.min(at + words.length, (node.textContent ?? "").length));
      found.push(range);
    }
  }
  return found;
}

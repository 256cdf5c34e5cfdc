/**
 * Runs Firefox for test_firefox.py. Each line of stdin names a step and the address of a server.
 * The answer is a line of JSON: the error of the step, or an empty text. Firefox ends with stdin.
 */

import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

/** @typedef {import("puppeteer-core").Page} Page */

// Firefox logs this when a server is away. Everything else is an error of the page.
const SERVER_AWAY = "establish a connection";

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.argv[2],
  // Longer than what a step waits for (30 s), so that the error names what never came.
  protocolTimeout: 60_000,
  // Firefox asks Mozilla for settings, past any proxy. Pages are at addresses that need no DNS.
  extraPrefsFirefox: { "network.dns.disabled": true },
});
/** @type {import("puppeteer-core").BrowserContext[]} */
const profiles = [];
/** @type {string[]} */
const errors = [];

/** @param {string} url */
async function join(url) {
  const profile = await browser.createBrowserContext();
  profiles.push(profile);
  // Firefox delays timers and drawing in background tabs, but not in windows.
  const page = await profile.newPage({ type: "window" });
  page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  await sees(page, "#dot[data-state=open]");
  await sees(page, "#me");
  return page;
}

/** @param {Page} page @param {string} selector */
const sees = (page, selector) => page.waitForSelector(selector, { visible: true });

/** @param {Page} page @param {string} selector */
const seesNo = (page, selector) => page.waitForSelector(selector, { hidden: true });

/** @param {Page} page @param {string} text */
const receives = (page, text) => sees(page, `#entries .message .text::-p-text(${text})`);

/** @param {Page} page @param {string} text */
async function send(page, text) {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

/** @type {Page} The page that lives through a restart. */
let restarted;

/** @type {Record<string, (url: string) => Promise<unknown>>} */
const steps = {
  async talk(url) {
    const [one, other] = [await join(url), await join(url)];
    await send(one, "by the fox");
    await receives(one, "by the fox");
    await receives(other, "by the fox");
    await send(other, "heard");
    await receives(one, "heard");
    await seesNo(one, "#unsent .message");
    await sees(one, "#text:placeholder-shown");
  },

  async historyAndPeople(url) {
    const one = await join(url);
    await send(one, "said earlier");
    await receives(one, "said earlier");
    const other = await join(url);
    await receives(other, "said earlier");
    await send(other, "me too");
    await receives(one, "me too");
    const name = await other.$eval("#me .name", (element) => element.textContent);
    await one.click("#people-button");
    await sees(one, `#people-list ::-p-text(${name})`);
  },

  async joinBeforeRestart(url) {
    restarted = await join(url);
  },

  async writeWithoutServer() {
    await sees(restarted, "#banner");
    await send(restarted, "from the gap");
    await sees(restarted, "#unsent .message::-p-text(from the gap)");
  },

  async comeBack() {
    await receives(restarted, "from the gap");
    await seesNo(restarted, "#unsent .message");
    await seesNo(restarted, "#banner");
  },

  async keys(url) {
    const page = await join(url);
    for (let number = 0; number < 30; number++) await send(page, `line ${number}`);
    await receives(page, "line 29");
    await page.keyboard.press("PageUp");
    await page.keyboard.press("PageUp");
    await sees(page, "#jump");
    await page.focus("#log");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await sees(page, "#entries > li:focus::-p-text(line 28)");
    await page.keyboard.press("Escape");
    await sees(page, "#text:focus");
    await seesNo(page, "#jump");
  },

  async close() {
    for (const profile of profiles.splice(0)) await profile.close();
    const own = errors.splice(0).filter((error) => !error.includes(SERVER_AWAY));
    if (own.length) throw new Error(`the page logged errors:\n${own.join("\n")}`);
  },
};

for await (const line of createInterface(process.stdin)) {
  const [step = "", url = ""] = line.split(" ");
  const error = await steps[step](url).then(
    () => "",
    (error) => `${step}: ${error.stack}`,
  );
  console.log(JSON.stringify(error));
}
await browser.close();

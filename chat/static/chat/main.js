import { Banner } from "./bar/banner.js";
import { Options } from "./bar/options.js";
import { Composer } from "./composer/composer.js";
import { Keys } from "./composer/keys.js";
import { Backoff } from "./connection/backoff.js";
import { CloseCodes } from "./connection/close_codes.js";
import { Connection } from "./connection/connection.js";
import { OnlineCount } from "./connection/probe.js";
import { WakeWatch } from "./connection/wake_watch.js";
import { find, IS_TOUCH } from "./dom/elements.js";
import { Voice } from "./dom/voice.js";
import { say } from "./dom/words.js";
import { partsForLater } from "./later.js";
import { EmptyRoom } from "./log/empty_room.js";
import { Follow } from "./log/follow.js";
import { Log } from "./log/log.js";
import { UnsentList } from "./log/unsent_list.js";
import { OwnPlace } from "./people/own_place.js";
import { PeoplePanel } from "./people/people_panel.js";
import { Chat } from "./room/chat.js";
import { KeptIds } from "./room/kept_ids.js";
import { names } from "./room/names.js";
import { Servers } from "./room/servers.js";
import { Store } from "./room/store.js";
import { Talk } from "./room/talk.js";
import { Transcript } from "./room/transcript.js";
import { Unread } from "./room/unread.js";

const SETTLED_MS = 1000;
// An app that is opened again is to show what was said last; a tab forgets it with the visit.
const IS_APP = matchMedia("(display-mode: standalone)").matches;
const settings = JSON.parse(find("#settings", HTMLScriptElement).textContent ?? "");
const visit = Store.visit();
const always = Store.always();
names.keepIn(visit);
const servers = new Servers(settings, visit);
const connection = new Connection(new CloseCodes(settings.closeCodes), new Backoff(), servers.own);
const voice = new Voice(find("#entries"));
const follow = new Follow(find("#log"), find("#jump"));
const log = new Log(find("#entries"), follow, voice);
const unread = new Unread(() => log.add({ kind: "new" }));
const mutes = new KeptIds(visit, "muted");
const ownIds = new KeptIds(visit, "ids");
const transcript = new Transcript(IS_APP ? always : visit);
const talk = new Talk({
  log,
  transcript,
  unread,
  ownIds,
  mutes,
  called: async (message) => (await later.alerts())?.call(message),
});
const composer = new Composer({
  most: settings.messageBytes,
  store: visit,
  command: async (line) => {
    const commands = await later.commands();
    if (commands === null) composer.giveBack(line);
    else commands.run(line);
  },
  submit: (text) => {
    chat.outbox.add(text);
    follow.toEnd();
  },
});
const unsent = new UnsentList(find("#unsent"), follow, {
  retry: (line) => {
    chat.outbox.retry(line);
    composer.focus();
  },
  discard: (line) => {
    chat.outbox.discard(line);
    composer.focus();
  },
  withdraw: (line) => {
    chat.outbox.discard(line);
    composer.giveBack(line.text);
  },
});
const chat = new Chat({
  connection,
  server: servers.own,
  talk,
  ownIds,
  mutes,
  unsent: {
    lines: visit.read("unsent", /** @type {string[]} */ ([])),
    changed: (lines) => {
      const texts = lines.map((line) => line.text);
      visit.write("unsent", texts);
      unsent.show(lines);
    },
  },
});
const later = partsForLater({
  servers,
  chat,
  talk,
  log,
  follow,
  transcript,
  unread,
  mutes,
  composer,
  always,
});

const banner = new Banner(
  { retry: () => connection.retry(), leave: () => composer.focus() },
  voice,
);
const people = new PeoplePanel(chat);
const count = new OnlineCount(chat);

new Options(always);
new EmptyRoom(chat);
new OwnPlace(chat);
new Keys(composer, follow, people);
new WakeWatch(connection);

chat.addEventListener("people", () => people.changed());
chat.addEventListener("state", () => {
  banner.show(chat.state, chat.wasThere, chat.keptSince);
  unsent.setRefused(chat.state.kind === "refused");
  people.changed();
});
chat.addEventListener("entered", () => {
  find("#server-name").textContent = chat.server.name;
  composer.turnTo(chat.server.name);
  // On a phone the focus brings up the keyboard: there it is left to the person.
  if (!IS_TOUCH) composer.focus();
});
// What keeps the page asks for all of it: a first visit has its messages before.
chat.addEventListener("joined", () => setTimeout(later.shell, SETTLED_MS), { once: true });
chat.addEventListener("joined", () => {
  servers.remember(chat.server);
  count.ask();
});
for (const button of document.querySelectorAll(".invite")) {
  button.addEventListener("click", async () => {
    (await later.clipboard())?.copyText(location.href, say("link_copied"));
  });
}

if (IS_TOUCH) {
  later.viewport();
  // A long press or a swipe is half done before what it needs could be loaded.
  chat.addEventListener("joined", later.actions, { once: true });
}
find("#search-button").addEventListener("click", async () => (await later.search())?.open(""));
for (const id of ["#where", "#banner-other"]) {
  find(id).addEventListener("click", async ({ detail }) => {
    (await later.picker())?.open(detail > 0);
  });
}
find("#options").addEventListener("toggle", later.alerts);
unread.addEventListener("changed", async () => (await later.missedBar())?.show());
find("#log").addEventListener("click", async ({ target }) => {
  const button = target instanceof Element ? target.closest(".copy-code") : null;
  const code = button?.previousElementSibling?.textContent;
  if (code) (await later.clipboard())?.copyText(code, say("code_copied"));
});
document.addEventListener("click", async ({ target }) => {
  /** @type {HTMLElement | null} */
  const button = target instanceof Element ? target.closest("[data-person]") : null;
  if (button !== null && !find("#card").contains(button)) (await later.card())?.open(button);
});
let hasActions = false;
/** @param {string} type */
function awaitFirst(type) {
  const first = async (/** @type {Event} */ event) => {
    if (hasActions) return;
    const actions = await later.actions();
    if (actions === null) {
      awaitFirst(type);
      return;
    }
    hasActions = true;
    actions.take(event);
  };
  find("#entries").addEventListener(type, first, { once: true });
}
for (const type of ["pointerover", "focusin", "click"]) awaitFirst(type);

const { server, wanted } = servers.chosen();
if (wanted !== null && wanted !== server.name) {
  talk.note(say("no_such_server", { wanted, server: server.name }));
}
chat.enter(server);

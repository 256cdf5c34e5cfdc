import { Backoff } from "./backoff.js";
import { Banner } from "./banner.js";
import { Chat } from "./chat.js";
import { copyText } from "./clipboard.js";
import { CloseCodes } from "./close_codes.js";
import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { find } from "./elements.js";
import { Follow } from "./follow.js";
import { Keys } from "./keys.js";
import { Log } from "./log.js";
import { Mutes } from "./mutes.js";
import { OnlineCount } from "./online_count.js";
import { Options } from "./options.js";
import { PeoplePanel } from "./people_panel.js";
import { PersonCard } from "./person_card.js";
import { Picker } from "./picker.js";
import { Servers } from "./servers.js";
import { Store } from "./store.js";
import { Unread } from "./unread.js";
import { UnsentList } from "./unsent_list.js";
import { Viewport } from "./viewport.js";
import { WakeWatch } from "./wake_watch.js";

// On a phone the focus brings up the keyboard: there it is left to the person.
const HAS_KEYS = matchMedia("(pointer: fine)").matches;

const settings = JSON.parse(find("#settings").textContent);
const visit = Store.visit();
const servers = new Servers(settings, visit);
const connection = new Connection(new CloseCodes(settings.closeCodes), new Backoff());
const follow = new Follow(find("#log"), find("#jump"));
const log = new Log(find("#entries"), follow);
const unsent = new UnsentList(find("#unsent"), follow, {
  retry: (line) => chat.outbox.retry(line),
  discard: (line) => chat.outbox.discard(line),
});
const chat = new Chat({
  connection,
  log,
  unread: new Unread(() => log.add({ kind: "new" })),
  banner: new Banner(() => connection.retry()),
  mutes: new Mutes(visit),
  unsent: {
    lines: visit.read("unsent", []),
    changed: (lines) => {
      visit.write("unsent", lines.map((line) => line.text));
      unsent.show(lines);
    },
  },
});
const people = new PeoplePanel(chat);
const count = new OnlineCount(chat);
const composer = new Composer({
  most: settings.messageBytes,
  store: visit,
  submit: (text) => {
    chat.outbox.add(text);
    follow.toEnd();
  },
});

new Options(Store.always());
new Viewport();
new Picker(servers, chat);
new PersonCard(chat);
new Keys(composer, follow, people);
new WakeWatch(connection);

chat.addEventListener("people", () => people.changed());
chat.addEventListener("entered", () => {
  servers.remember(chat.server);
  find("#server-name").textContent = chat.server.name;
  if (HAS_KEYS) composer.focus();
});
chat.addEventListener("joined", () => count.ask());
find("#invite").addEventListener("click", () => copyText(location.href, "Link copied"));

const { server, wanted } = servers.chosen();
if (wanted !== null && wanted !== server.name) {
  chat.note(`This page knows no server called ${wanted}: this is ${server.name}.`);
}
chat.enter(server);

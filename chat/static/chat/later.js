import { find } from "./dom/elements.js";
import { toast } from "./dom/voice.js";
import { say } from "./dom/words.js";
import { names } from "./room/names.js";

/**
 * @typedef {object} Parts
 * @property {import("wschat:room/servers.js").Servers} servers
 * @property {import("wschat:room/chat.js").Chat} chat
 * @property {import("wschat:room/talk.js").Talk} talk
 * @property {import("wschat:log/log.js").Log} log
 * @property {import("wschat:log/follow.js").Follow} follow
 * @property {import("wschat:room/transcript.js").Transcript} transcript
 * @property {import("wschat:room/unread.js").Unread} unread
 * @property {import("wschat:room/kept_ids.js").KeptIds} mutes
 * @property {import("wschat:composer/composer.js").Composer} composer
 * @property {import("wschat:room/store.js").Store} always
 */

/**
 * What is not needed at first: each is loaded when it is asked for, once.
 *
 * @param {Parts} parts
 */
export function partsForLater(parts) {
  const { servers, chat, talk, log, follow, transcript, unread, mutes, composer, always } = parts;
  const later = {
    clipboard: asked(() => import("./dom/clipboard.js")),
    picker: asked(async () => {
      const { Picker } = await import("./bar/picker.js");
      return new Picker(servers, chat, () => composer.focus());
    }),
    alerts: once(async () => {
      const { Alerts } = await import("./bar/alerts.js");
      return new Alerts(always, unread);
    }),
    search: asked(async () => {
      const { Search } = await import("./log/search.js");
      return new Search(find("#entries"), follow, () => composer.focus());
    }),
    missedBar: once(async () => {
      const { MissedBar } = await import("./log/missed_bar.js");
      return new MissedBar(find("#log"), unread, log);
    }),
    card: asked(async () => {
      const { PersonCard } = await import("./people/person_card.js");
      return new PersonCard(chat, () => composer.focus());
    }),
    actions: once(async () => {
      const { MessageActions } = await import("./log/message_actions.js");
      return new MessageActions(find("#entries"), (text) => composer.begin(text));
    }),
    shell: once(async () => {
      const { keepShell } = await import("./connection/shell.js");
      keepShell();
    }),
    viewport: once(async () => {
      const { Viewport } = await import("./composer/viewport.js");
      return new Viewport();
    }),
    commands: asked(async () => {
      const { Commands } = await import("./composer/commands.js");
      return new Commands({
        note: (text, tone) => talk.note(text, tone),
        giveBack: (text) => composer.giveBack(text),
        clear: () => {
          log.clear();
          transcript.clear();
        },
        me: () => chat.me,
        toggleMute: (id) => {
          chat.mute(id, !mutes.has(id));
          talk.note(say(mutes.has(id) ? "muted_now" : "unmuted_now", { name: names.short(id) }));
        },
        search: async (text) => (await later.search())?.open(text),
      });
    }),
  };
  return later;
}

/**
 * What a person asked for: they are told if it could not be had.
 *
 * @template Made
 * @param {() => Promise<Made>} make
 * @returns {() => Promise<Made | null>}
 */
function asked(make) {
  const get = once(make);
  return async () => {
    const made = await get();
    if (made === null) toast(say("not_loaded"));
    return made;
  };
}

/**
 * Do something the first time, and return what came of it ever after. Null, and it is done again the
 * next time, where what it loads could not be had: the network may be gone for a while.
 *
 * @template Made
 * @param {() => Promise<Made>} make
 * @returns {() => Promise<Made | null>}
 */
function once(make) {
  /** @type {Promise<Made | null> | null} */
  let made = null;
  return () => {
    made ??= make().catch(() => {
      made = null;
      return null;
    });
    return made;
  };
}

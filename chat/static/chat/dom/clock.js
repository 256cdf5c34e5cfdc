import { make } from "./elements.js";
import { LANGUAGE, say } from "./words.js";

const TIME = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(LANGUAGE, { weekday: "long", day: "numeric", month: "long" });
const FULL = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "full", timeStyle: "medium" });
const BOTH = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
const YEAR = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "full" });

// Lines of a flood come many to a second, and writing out a date takes longer than drawing a row.
let last = { at: Number.NaN, iso: "", full: "", short: "" };

/** @param {number} at */
function written(at) {
  if (at === last.at) return last;
  const when = new Date(at);
  last = { at, iso: when.toISOString(), full: FULL.format(when), short: TIME.format(when) };
  return last;
}

/**
 * A local time; screen readers find it, and are not told it with every message.
 *
 * @param {number} at in ms since 1970
 */
export function time(at) {
  const { iso, full, short } = written(at);
  const element = make("time", { dateTime: iso, title: full });
  element.setAttribute("aria-live", "off");
  element.append(short);
  return element;
}

/**
 * A number that grows by the local day.
 *
 * @param {number} at
 */
export function dayNumber(at) {
  const when = new Date(at);
  return (when.getFullYear() * 12 + when.getMonth()) * 31 + when.getDate();
}

/**
 * How a day is called.
 *
 * @param {number} at
 */
export function dayName(at, now = Date.now()) {
  if (dayNumber(at) === dayNumber(now)) return say("today");
  if (dayNumber(at) === dayNumber(yesterday(now))) return say("yesterday");
  const when = new Date(at);
  return when.getFullYear() === new Date(now).getFullYear() ? DAY.format(when) : YEAR.format(when);
}

/** @param {number} now */
function yesterday(now) {
  return new Date(now).setDate(new Date(now).getDate() - 1);
}

/**
 * A time of day.
 *
 * @param {number} at
 */
export function timeOfDay(at) {
  return TIME.format(at);
}

/**
 * A time of day and its day, in a few words.
 *
 * @param {number} at
 */
export function dateAndTime(at) {
  return BOTH.format(at);
}

/**
 * A length of time as people say it.
 *
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 100) return say("seconds", { n: seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return say("minutes", { n: minutes });
  return say("hours", { n: Math.round(minutes / 60) });
}

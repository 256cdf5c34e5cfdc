import { make } from "./elements.js";

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const YEAR = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

/** A local time; screen readers find it, and are not told it with every message. */
export function time(at) {
  const when = new Date(at);
  const element = make("time", { dateTime: when.toISOString(), title: FULL.format(when) });
  element.setAttribute("aria-live", "off");
  element.append(TIME.format(when));
  return element;
}

/** A number that grows by the local day. */
export function dayNumber(at) {
  const when = new Date(at);
  return (when.getFullYear() * 12 + when.getMonth()) * 31 + when.getDate();
}

/** How a day is called. */
export function dayName(at, now = Date.now()) {
  if (dayNumber(at) === dayNumber(now)) return "Today";
  const when = new Date(at);
  return when.getFullYear() === new Date(now).getFullYear() ? DAY.format(when) : YEAR.format(when);
}

/** A length of time as people say it. */
export function duration(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

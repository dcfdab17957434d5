import { language } from "./words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const weekday = new Intl.DateTimeFormat(language, { weekday: "long" });
const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/** "2 min ago", then a date. */
export function ago(at: number, now: number = Date.now()): string {
  const past = Math.max(0, now - at);
  if (past < MINUTE) return relative.format(0, "second");
  if (past < HOUR) return relative.format(-Math.floor(past / MINUTE), "minute");
  if (past < DAY) return relative.format(-Math.floor(past / HOUR), "hour");
  return shortDate(at, now);
}

/** "2 min ago", "yesterday", "3 mo. ago": how long it has been, whatever the date. */
export function lately(at: number, now: number = Date.now()): string {
  const days = Math.floor(Math.max(0, now - at) / DAY);
  if (days < 1) return ago(at, now);
  if (days < 60) return relative.format(-days, "day");
  return days < 730 ? relative.format(-Math.floor(days / 30), "month") : relative.format(-Math.floor(days / 365), "year");
}

/** Since when something is so, within a sentence: the time of today, a weekday of this week, or a date. */
export function sinceWhen(at: number, now: number = Date.now()): string {
  if (new Date(at).toDateString() === new Date(now).toDateString()) return time.format(at);
  return now - at < 6 * DAY ? weekday.format(at) : shortDate(at, now);
}

export function shortDate(at: number, now: number = Date.now()): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? day : dayAndYear).format(at);
}

export function longDate(at: number): string {
  return dayAndYear.format(at);
}

export function exactDate(at: number): string {
  return exact.format(at);
}

const plain = new Intl.NumberFormat(language);

/** "10,000". */
export function number(value: number): string {
  return plain.format(value);
}

const nearby = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** "today, 09:12", "yesterday, 18:40", then a date. */
export function dayAndTime(at: number, now: number = Date.now()): string {
  const midnight = (when: number) => new Date(when).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(at) - midnight(now)) / DAY);
  return days === 0 || days === -1 ? `${nearby.format(days, "day")}, ${time.format(at)}` : shortDate(at, now);
}

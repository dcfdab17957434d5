import { now as current } from "./clock.svelte";
import { language, type Language } from "./words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Formats {
  relative: Intl.RelativeTimeFormat;
  nearby: Intl.RelativeTimeFormat;
  day: Intl.DateTimeFormat;
  dayAndYear: Intl.DateTimeFormat;
  dayInUtc: Intl.DateTimeFormat;
  dayOfUtc: Intl.DateTimeFormat;
  weekday: Intl.DateTimeFormat;
  time: Intl.DateTimeFormat;
  exact: Intl.DateTimeFormat;
  plain: Intl.NumberFormat;
}

/** Made once for each language: making one takes longer than using it. */
const made: Partial<Record<Language, Formats>> = {};

function formats(): Formats {
  return (made[language] ??= {
    relative: new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }),
    nearby: new Intl.RelativeTimeFormat(language, { numeric: "auto" }),
    day: new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }),
    dayAndYear: new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" }),
    dayOfUtc: new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" }),
    dayInUtc: new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
    weekday: new Intl.DateTimeFormat(language, { weekday: "long" }),
    time: new Intl.DateTimeFormat(language, { timeStyle: "short" }),
    exact: new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }),
    plain: new Intl.NumberFormat(language),
  });
}

/** "2 min ago", then a date. */
export function ago(at: number, now: number = current()): string {
  const past = Math.max(0, now - at);
  const { relative } = formats();
  if (past < MINUTE) return relative.format(0, "second");
  if (past < HOUR) return relative.format(-Math.floor(past / MINUTE), "minute");
  if (past < DAY) return relative.format(-Math.floor(past / HOUR), "hour");
  return shortDate(at, now);
}

/** "2 min ago", "yesterday", "3 mo. ago": how long it has been, whatever the date. */
export function lately(at: number, now: number = current()): string {
  const days = Math.floor(Math.max(0, now - at) / DAY);
  if (days < 1) return ago(at, now);
  if (days < 60) return formats().relative.format(-days, "day");
  return days < 730 ? formats().relative.format(-Math.floor(days / 30), "month") : formats().relative.format(-Math.floor(days / 365), "year");
}

/** Since when something is so, within a sentence: the time of today, a weekday of this week, or a date. */
export function sinceWhen(at: number, now: number = current()): string {
  if (new Date(at).toDateString() === new Date(now).toDateString()) return formats().time.format(at);
  return now - at < 6 * DAY ? formats().weekday.format(at) : shortDate(at, now);
}

export function shortDate(at: number, now: number = current()): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? formats().day : formats().dayAndYear).format(at);
}

export function longDate(at: number): string {
  return formats().dayAndYear.format(at);
}

/** When a key expires: a day as it was entered (its last second, in UTC), wherever this is; any other time on this clock. */
export function expiryDate(at: number): string {
  return (at % DAY === DAY - 1000 ? formats().dayInUtc : formats().dayAndYear).format(at);
}

export function exactDate(at: number): string {
  return formats().exact.format(at);
}

/** "10,000". */
export function number(value: number): string {
  return formats().plain.format(value);
}

/** "today, 09:12", "yesterday, 18:40", then a date. */
export function dayAndTime(at: number, now: number = current()): string {
  const midnight = (when: number) => new Date(when).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(at) - midnight(now)) / DAY);
  return days === 0 || days === -1 ? `${formats().nearby.format(days, "day")}, ${formats().time.format(at)}` : shortDate(at, now);
}

/** "Tuesday". */
export function weekday(at: number): string {
  return formats().weekday.format(at);
}

/** "9:12 AM". */
export function timeOfDay(at: number): string {
  return formats().time.format(at);
}

/** The day of a count, which is one of UTC. */
export function utcDate(at: number): string {
  return formats().dayOfUtc.format(at);
}

/** When the day of this computer's calendar began. */
export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

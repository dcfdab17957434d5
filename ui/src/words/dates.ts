import { language, type Language } from "./words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Formats {
  relative: Intl.RelativeTimeFormat;
  day: Intl.DateTimeFormat;
  dayAndYear: Intl.DateTimeFormat;
  dayInUtc: Intl.DateTimeFormat;
  exact: Intl.DateTimeFormat;
  plain: Intl.NumberFormat;
}

/** Made once for each language: making one takes longer than using it. */
const made: Partial<Record<Language, Formats>> = {};

function formats(): Formats {
  return (made[language] ??= {
    relative: new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }),
    day: new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }),
    dayAndYear: new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" }),
    dayInUtc: new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
    exact: new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }),
    plain: new Intl.NumberFormat(language),
  });
}

/** "2 min ago", then a date. */
export function ago(at: number, now: number = Date.now()): string {
  const past = Math.max(0, now - at);
  const { relative } = formats();
  if (past < MINUTE) return relative.format(0, "second");
  if (past < HOUR) return relative.format(-Math.floor(past / MINUTE), "minute");
  if (past < DAY) return relative.format(-Math.floor(past / HOUR), "hour");
  return shortDate(at, now);
}

export function shortDate(at: number, now: number = Date.now()): string {
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

const ofWeek = new Intl.DateTimeFormat(language, { weekday: "long" });
const ofDay = new Intl.DateTimeFormat(language, { timeStyle: "short" });

/** "Tuesday". */
export function weekday(at: number): string {
  return ofWeek.format(at);
}

/** "9:12 AM". */
export function timeOfDay(at: number): string {
  return ofDay.format(at);
}

const utc = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });

/** The day of a count, which is one of UTC. */
export function utcDate(at: number): string {
  return utc.format(at);
}

/** When the day of this computer's calendar began. */
export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

import { language } from "./words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/** "2 min ago", then a date. */
export function ago(at: number, now: number = Date.now()): string {
  const past = Math.max(0, now - at);
  if (past < MINUTE) return relative.format(0, "second");
  if (past < HOUR) return relative.format(-Math.floor(past / MINUTE), "minute");
  if (past < DAY) return relative.format(-Math.floor(past / HOUR), "hour");
  return shortDate(at, now);
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

import type { ActivityEvent, Happened, ServiceInfo } from "../backend/backend";
import { why } from "../keys/status";
import { longDate, startOfDay, weekday } from "../words/dates";
import { language, words } from "../words/words";

/** What happened, in one sentence, and what came of it. Of services that are known it says their names. */
export function sentence({ event: entry }: Happened, services: readonly ServiceInfo[] = []): string {
  const event = named(entry, services);
  const text = (words.activity.said[event.event] ?? words.activity.said.unknown)(event);
  if (event.event !== "verified") return text;
  const verdict = words.activity.verdicts[event.verdict ?? ""] ?? words.activity.verdicts["indeterminate"] ?? "";
  const reason = event.why?.split(" ")[0];
  const learnedNothing = event.verdict === "indeterminate" && reason !== undefined;
  return `${text}: ${learnedNothing ? why(reason) : verdict}`;
}

/** The same where the key stands above: without its name. */
export function sentenceOfIt(happened: Happened, services: readonly ServiceInfo[] = []): string {
  const text = sentence(happened, services);
  const { name = "" } = happened.event;
  if (name === "" || !text.startsWith(name)) return text;
  const rest = text.slice(name.length).replace(/^[:\s]+/, "");
  return rest.charAt(0).toLocaleUpperCase(language) + rest.slice(1);
}

/** An entry has the ids of the catalogue. */
function named(event: ActivityEvent, services: readonly ServiceInfo[]): ActivityEvent {
  const service = services.find(({ id }) => id === event.service);
  if (!service) return event;
  const labels = event.settings?.map((key) => service.settings.find((setting) => setting.key === key)?.label ?? key);
  return { ...event, service: service.name, ...(labels && { settings: labels }) };
}

/** Who had it done; nothing for what Keymoor does by itself. */
export function doer({ by, asker }: Happened): string {
  const say = words.activity.by;
  if (by === "program") return say.program(asker ?? "");
  return by === "window" ? say.window : by === "cli" ? say.cli : "";
}

export interface Day {
  at: number;
  label: string;
  entries: Happened[];
}

/** By day of this computer's calendar, in the order in which they come. */
export function byDay(entries: readonly Happened[], now: number = Date.now()): Day[] {
  const days: Day[] = [];
  for (const entry of entries) {
    const at = startOfDay(entry.at);
    if (days.at(-1)?.at !== at) days.push({ at, label: dayLabel(at, now), entries: [] });
    days.at(-1)?.entries.push(entry);
  }
  return days;
}

function dayLabel(at: number, now: number): string {
  const today = startOfDay(now);
  if (at === today) return words.activity.today;
  if (at === startOfDay(today - 1)) return words.activity.yesterday;
  return `${weekday(at)}, ${longDate(at)}`;
}

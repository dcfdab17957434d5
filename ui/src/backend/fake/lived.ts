import type { ActivityEvent, Happened } from "../backend";
import type { FakeBackend } from "./fake";
import { now } from "./kept";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** Services in use, what happened, and other devices, for looking at the pages that show them. */
export function lived(fake: FakeBackend): void {
  const all = [...fake.kept.values()];
  const named = (provider: string) => all.find((kept) => now(kept).provider === provider && !kept.trashed);
  const key = (provider: string): Pick<ActivityEvent, "id" | "name"> => {
    const kept = named(provider);
    return kept ? { id: kept.id, name: `${provider.toLowerCase()}/${now(kept).name}` } : {};
  };

  fake.setUp.set("openai", { on: true, settings: {} });
  fake.setUp.set("vapi", { on: true, settings: {}, chosen: named("Vapi")?.id ?? "", title: "vapi/voice" });
  fake.setUp.set("google_sheets", { on: true, settings: { sheet_name: "June" }, conflicts: { sheet_name: ["June", "July"] } });
  fake.setUp.set("deepgram", { on: true, settings: {} });
  fake.setUp.set("github", { on: false, settings: {} });
  fake.setUp.set("twilio", { on: true, settings: { sender: "+14155550100" } });
  fake.finds.set("twilio", { verdict: "invalid_config", say: "The account does not have this number." });

  const at = (minutesAgo: number, event: ActivityEvent, more: Partial<Happened> = {}): Happened =>
    ({ at: Date.now() - minutesAgo * MINUTE, failed: false, event, ...(event.id !== undefined && { key: event.id }), ...more });
  fake.happened = [
    at(2, { event: "synced", pulled: 0, pushed: 1 }),
    at(3, { event: "revealed", copied: true, ...key("OpenAI") }, { by: "window" }),
    at(14, { event: "lent", program: "python", ...key("OpenAI") }, { by: "cli" }),
    at(40, { event: "verified", verdict: "invalid", ...key("Shopify") }, { failed: true }),
    at(55, { event: "service_set", service: "google_sheets", settings: ["sheet_name"] }, { by: "window" }),
    at(DAY / MINUTE + 10, { event: "added", ...key("GitHub") }, { by: "window" }),
    at(DAY / MINUTE + 30, { event: "edited", ...key("AWS") }, { by: "program", asker: "n8n" }),
    at((2 * DAY) / MINUTE, { event: "granted", program: "n8n", scope: "write", limited: true }, { by: "cli" }),
    at((2 * DAY) / MINUTE + 90, { event: "alarm", alarm: "put_back" }, { failed: true }),
    at((3 * DAY) / MINUTE, { event: "conflict", ...key("Shopify") }),
    at((5 * DAY) / MINUTE, { event: "service_enabled", service: "vapi", credential: "vapi/voice" }, { by: "window" }),
    at((9 * DAY) / MINUTE, { event: "joined", server: "https://keys.example.net" }, { by: "window" }),
  ];
  for (let day = 0; day < 28; day += 1) {
    const some = (day * 7) % 5 === 0 ? 0 : ((day * 13) % 9) + 1;
    for (let n = 0; n < some; n += 1) {
      const bad = n === 0 && day % 4 === 1;
      fake.happened.push(at((day * DAY) / MINUTE + 120 + n, { event: "verified", verdict: bad ? "invalid" : "valid", ...key(n % 2 === 0 ? "Anthropic" : "Stripe") }, { failed: bad }));
    }
  }
  fake.happened.sort((a, b) => b.at - a.at);

  fake.server = "https://keys.example.net";
  fake.lastSync = Date.now() - 2 * MINUTE;
  fake.homes = { ...fake.homes, server: { state: "ok", waiting: 0 } };
  fake.others = [
    { id: "device-2", here: false, name: "ana-laptop", platform: "macos", seen: Date.now() - 3 * DAY, verified: 4 },
    { id: "device-3", here: false, platform: "windows", seen: Date.now() - 40 * DAY, verified: 0 },
  ];
  for (const provider of ["OpenAI", "Anthropic", "AWS", "GitHub", "Vapi", "Twilio", "Stripe", "Shopify"]) {
    const kept = named(provider);
    if (kept) kept.usedAt = Date.now() - DAY;
  }
}

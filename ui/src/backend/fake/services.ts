import type { NewSetting, ServiceInfo, ServiceTested, Services, SettingInfo, TemplateInfo, UsedKey, WhyNone } from "../backend";
import { PROVIDERS } from "./catalogue";
import { failure } from "./checks";
import { FakeKeys } from "./keys";
import { now, type Kept } from "./kept";

interface Known {
  id: string;
  name: string;
  accepts: string[];
  settings: (Omit<SettingInfo, "value"> & { pattern?: RegExp; extract?: RegExp })[];
}

/** What was set up of a service. */
export interface SetUp {
  on: boolean;
  chosen?: string;
  /** What it was called when it was chosen. */
  title?: string;
  settings: Record<string, string>;
  conflicts?: Record<string, string[]>;
}

const CATALOGUE: Known[] = [
  { id: "assemblyai", name: "AssemblyAI", accepts: ["assemblyai"], settings: [] },
  { id: "deepgram", name: "Deepgram", accepts: ["deepgram"], settings: [] },
  { id: "github", name: "GitHub", accepts: ["github"], settings: [] },
  {
    id: "google_sheets", name: "Google Sheets", accepts: ["google_service_account", "google_oauth"],
    settings: [
      { key: "spreadsheet_id", label: "Spreadsheet", help: "Its id, or its whole web address", required: true, pattern: /^[A-Za-z0-9_-]{20,60}$/, extract: /\/spreadsheets\/d\/([A-Za-z0-9_-]+)/ },
      { key: "sheet_name", label: "Sheet", help: "The name on its tab", required: false },
    ],
  },
  { id: "openai", name: "OpenAI", accepts: ["openai"], settings: [] },
  {
    id: "twilio", name: "Twilio", accepts: ["twilio"],
    settings: [{ key: "sender", label: "Sender", help: "A number of the account, with its country: +14155550100", required: false, pattern: /^\+[1-9]\d{6,14}$/ }],
  },
  { id: "vapi", name: "Vapi", accepts: ["vapi"], settings: [] },
];

const TEMPLATES: TemplateInfo[] = [
  { id: "voice_agent", name: "Voice agent", about: "Calls answered by a voice agent: Vapi speaks, Twilio dials, OpenAI thinks.", services: ["vapi", "twilio", "openai"] },
  { id: "marketing_report", name: "Marketing report", about: "Advertisements and visits, gathered in a Google sheet.", services: ["google_sheets"] },
];

/** What the fake does with services: which key each uses, by the rules of the real vault. */
export class FakeServices extends FakeKeys {
  readonly setUp = new Map<string, SetUp>();
  /** What the next tests of services find out, by service. */
  readonly finds = new Map<string, Partial<ServiceTested>>();

  async allServices(): Promise<Services> {
    await this.command("allServices");
    return { services: CATALOGUE.map((known) => this.info(known)), templates: TEMPLATES };
  }

  async enableService(id: string, credential?: string): Promise<ServiceInfo> {
    await this.command("enableService", id, credential);
    const known = called(id);
    const before = this.setUp.get(id);
    const next: SetUp = { settings: {}, ...before, on: true };
    if (credential !== undefined) {
      const kept = this.get(credential);
      if (now(kept).off) throw failure("KEY_IS_OFF");
      if (!known.accepts.includes(providerOf(kept))) throw failure("NOT_ACCEPTED");
      Object.assign(next, { chosen: credential, title: title(kept) });
      next.conflicts = without(next.conflicts, "credential");
    }
    next.conflicts = without(next.conflicts, "on");
    const found = this.resolve(known, next);
    if ("kind" in found) throw failure(found.kind === "which" ? "WHICH_KEY" : "NOTHING_TO_USE");
    return this.keep(known, next);
  }

  async disableService(id: string): Promise<ServiceInfo> {
    await this.command("disableService", id);
    const next = { settings: {}, ...this.setUp.get(id), on: false };
    next.conflicts = without(next.conflicts, "on");
    return this.keep(called(id), next);
  }

  async setService(id: string, settings: NewSetting[]): Promise<ServiceInfo> {
    await this.command("setService", id, settings);
    const known = called(id);
    const next: SetUp = { on: false, ...this.setUp.get(id), settings: { ...this.setUp.get(id)?.settings } };
    for (const { key, value } of settings) {
      const kept = value.trim() === "" ? "" : taken(known, key, value);
      if (kept === undefined) throw failure("INVALID_SETTING");
      next.settings = kept === "" ? without(next.settings, key) : { ...next.settings, [key]: kept };
      next.conflicts = without(next.conflicts, key);
    }
    return this.keep(known, next);
  }

  async checkSetting(id: string, key: string, text: string): Promise<string | undefined> {
    this.calls.push({ command: "checkSetting", args: [id, key, text] });
    return taken(called(id), key, text);
  }

  async testService(id: string): Promise<ServiceTested> {
    await this.command("testService", id);
    const uses = this.resolve(called(id), this.setUp.get(id) ?? { on: true, settings: {} });
    if ("kind" in uses) throw failure(uses.kind === "which" ? "WHICH_KEY" : "NOTHING_TO_USE");
    await new Promise((resolve) => setTimeout(resolve, this.answersAfter ?? 0));
    return { uses, verdict: "valid", ...this.finds.get(id) };
  }

  protected servicesOn(): number {
    return [...this.setUp.values()].filter(({ on }) => on).length;
  }

  private keep(known: Known, next: SetUp): ServiceInfo {
    this.setUp.set(known.id, next);
    this.waiting += 1;
    this.changed();
    return this.info(known);
  }

  private info(known: Known): ServiceInfo {
    const state = this.setUp.get(known.id);
    const found = state?.on ? this.resolve(known, state) : undefined;
    const settings = known.settings.map(({ key, label, help, required, default: usual }) => ({ key, label, help, required, default: usual, value: state?.settings[key] }));
    return {
      id: known.id, name: known.name, accepts: known.accepts, known: state !== undefined, on: state?.on ?? false,
      ...(found && ("kind" in found ? { whyNone: found } : { uses: found })),
      chosen: state?.chosen !== undefined && this.kept.has(state.chosen) ? state.chosen : undefined,
      settings, missing: settings.filter(({ required, value }) => required && value === undefined).map(({ key }) => key),
      conflicts: Object.entries(state?.conflicts ?? {}).map(([field, values]) => ({ field, values })),
    };
  }

  /** The chosen one; without a choice the only own one; else, visibly, a fallback. */
  private resolve(known: Known, { chosen, title: called }: SetUp): UsedKey | WhyNone {
    const fit = [...this.kept.values()].filter((kept) => !kept.trashed && !now(kept).off && known.accepts.includes(providerOf(kept)));
    const own = fit.filter((kept) => !kept.fallback);
    const fallbacks = fit.filter((kept) => kept.fallback);
    const wanted = fit.find(({ id }) => id === chosen);
    if (wanted) return used(wanted);
    const [first] = own;
    if (chosen === undefined && first) return own.length === 1 ? used(first) : { kind: "which", keys: own.map(title) };
    const [fallback] = fallbacks;
    if (fallback) return fallbacks.length === 1 ? { ...used(fallback), ...(called !== undefined && { insteadOf: called }) } : { kind: "which", keys: fallbacks.map(title) };
    return own.length > 0 ? { kind: "which", keys: own.map(title) } : { kind: "nothing" };
  }
}

function called(id: string): Known {
  const known = CATALOGUE.find((service) => service.id === id);
  if (!known) throw failure("NO_SUCH_SERVICE");
  return known;
}

function taken(known: Known, key: string, text: string): string | undefined {
  const setting = known.settings.find((setting) => setting.key === key);
  if (!setting) throw failure("NO_SUCH_FIELD");
  const value = setting.extract?.exec(text)?.[1] ?? text.trim();
  return value !== "" && (setting.pattern?.test(value) ?? true) ? value : undefined;
}

function without<T>(all: Record<string, T> | undefined, field: string): Record<string, T> {
  return Object.fromEntries(Object.entries(all ?? {}).filter(([name]) => name !== field));
}

/** Its id in the catalogue, whichever way it was written. */
function providerOf(kept: Kept): string {
  const { provider } = now(kept);
  return PROVIDERS.find(({ name }) => name === provider)?.id ?? provider.toLowerCase().replaceAll(" ", "_");
}

function title(kept: Kept): string {
  return `${providerOf(kept)}/${now(kept).name}`;
}

function used(kept: Kept): UsedKey {
  return { id: kept.id, provider: providerOf(kept), name: now(kept).name, fallback: kept.fallback ?? false };
}

import type { ProviderInfo, ServiceInfo } from "../backend/backend";
import { FIELDS, HELPS } from "./fields.es";
import { language } from "./words";

interface Named {
  label: string;
  help?: string;
}

// The catalogue names fields and settings in English; here they get the words of the window's language.

export function spokenProvider(known: ProviderInfo): ProviderInfo {
  return language === "en" ? known : { ...known, fields: known.fields.map(spoken) };
}

export function spokenService(service: ServiceInfo): ServiceInfo {
  return language === "en" ? service : { ...service, settings: service.settings.map(spoken) };
}

function spoken<T extends Named>(named: T): T {
  const { label, help } = named;
  const [pattern, said] = HELPS.find(([pattern]) => pattern.test(help ?? "")) ?? [];
  return { ...named, label: FIELDS[label] ?? label, ...(help !== undefined && pattern && said !== undefined && { help: help.replace(pattern, said) }) };
}

import type { ProviderInfo } from "../backend/backend";

/** Providers by what people may call them: their ids and their names, both without capitals. */
export function byWhatTheyAreCalled(catalogue: readonly ProviderInfo[]): ReadonlyMap<string, ProviderInfo> {
  const names = catalogue.map((provider) => [provider.name.toLowerCase(), provider] as const);
  return new Map([...names, ...catalogue.map((provider) => [provider.id, provider] as const)]);
}

import type { FilterGroup } from "../state/query";
import type { Session } from "../state/session.svelte";
import type { StatusKind } from "../state/statuses";
import { words } from "../words/words";

export const GROUPS: readonly FilterGroup[] = ["status", "provider", "label"];

/** A filter's value as people read it. */
export function valueText(session: Session, group: FilterGroup, value: string): string {
  if (group === "provider") return session.providerName(value);
  return group === "status" ? words.main.filter.statuses[value as StatusKind] : value;
}

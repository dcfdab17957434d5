import { main as en } from "../words/main.en";
import { main as es } from "../words/main.es";
import { fold } from "./fold";
import { STATUSES, type StatusKind } from "./statuses";

export type FilterGroup = "status" | "provider" | "label";

/** One thing a key must have; `exact` is set for what was put in quotes. */
export interface Wanted {
  group: FilterGroup;
  /** Folded. */
  value: string;
  exact: boolean;
}

/** What was typed into the search: words that must all occur, and filters such as `provider:openai`. */
export interface Query {
  terms: string[];
  wanted: Wanted[];
}

/** In both languages, whichever the window speaks: what is written down in one place works in another. */
const GROUPS: Record<string, FilterGroup | undefined> = {
  status: "status", estado: "status", provider: "provider", proveedor: "provider", label: "label", etiqueta: "label",
};

const PART = /([^\s:"]+):(?:"([^"]*)"?|(\S*))|(\S+)/gu;

export function parsed(text: string): Query {
  const query: Query = { terms: [], wanted: [] };
  for (const [whole, key = "", quoted, bare = ""] of text.matchAll(PART)) {
    const group = GROUPS[fold(key)];
    if (!group) query.terms.push(...fold(whole).split(/\s+/));
    else if (quoted !== undefined || bare !== "") query.wanted.push({ group, value: fold(quoted ?? bare), exact: quoted !== undefined });
  }
  return query;
}

/** What was typed, without its filters. */
export function withoutFilters(text: string): string {
  return text.replace(PART, (whole: string, key: string | undefined) => (GROUPS[fold(key ?? "")] ? "" : whole)).replace(/\s+/g, " ").trim();
}

/** The statuses that a word stands for: by its beginning, as the command line says it or as the window does. */
export function statusesMeant({ value, exact }: Wanted): StatusKind[] {
  return STATUSES.filter((kind) => {
    const names = [kind, en.filter.statuses[kind], es.filter.statuses[kind]].map((name) => fold(name).replaceAll(" ", ""));
    const sought = value.replaceAll(" ", "");
    return names.some((name) => (exact ? name === sought : name.startsWith(sought)));
  });
}

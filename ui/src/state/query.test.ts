import { expect, it } from "vitest";

import type { Listing } from "../backend/backend";
import { facets } from "./facets";
import { parsed, withoutFilters } from "./query";
import { indexed, NO_FILTERS, search, type Filters } from "./search";

const listing = (name: string, more: Partial<Listing> = {}): Listing => ({
  id: name, name, display: name, provider: "openai", labels: [], status: "unchecked", care: [], on: true, fallback: false, createdAt: 0, updatedAt: 0, waiting: false, version: 1, versionId: "1-0000beef", alternates: 0, trashed: false, ...more,
});
const NAMES: Record<string, string> = { openai: "OpenAI", google_sheets: "Google Sheets" };
const providerName = (id: string) => NAMES[id] ?? id;

const all = [
  listing("a", { labels: ["prod"], status: "connected" }),
  listing("b", { labels: ["production"], status: "error", care: [{ kind: "refused" }] }),
  listing("c", { provider: "google_sheets", labels: ["prod", "Équipe ventas"], care: [{ kind: "expiring", at: 1 }], identity: "etl@example.com" }),
  listing("d", { status: "disabled", on: false }),
];
const names = (query: string, filters: Partial<Filters> = {}) => search(indexed(all, providerName), query, { ...NO_FILTERS, ...filters }).map(({ name }) => name);

it("takes filters out of what was typed, in either language, and leaves everything else as words", () => {
  expect(parsed('provider:openai  Label:"two words" Clavé https://x.example:80 estado:')).toEqual({
    terms: ["clave", "https://x.example:80"],
    wanted: [{ group: "provider", value: "openai", exact: false }, { group: "label", value: "two words", exact: true }],
  });
  expect(withoutFilters('provider:openai  a b label:"two words" x:y')).toBe("a b x:y");
});

it("narrows by the beginning of what was typed, and by exactly what is in quotes", () => {
  expect(names("provider:open")).toEqual(["a", "b", "d"]);
  expect(names("proveedor:google")).toEqual(["c"]);
  expect(names("label:prod")).toEqual(["a", "b", "c"]);
  expect(names('label:"prod"')).toEqual(["a", "c"]);
  expect(names('etiqueta:"equipe ventas"')).toEqual(["c"]);
  expect(names("label:prod provider:openai production")).toEqual(["b"]);
});

it("knows a status by the word of the command line or of the window", () => {
  expect(names("status:error")).toEqual(["b"]);
  expect(names("status:refused")).toEqual(["b"]);
  expect(names("estado:rechazada")).toEqual(["b"]);
  expect(names("status:care")).toEqual(["b", "c"]);
  expect(names("status:exp")).toEqual(["c"]);
  expect(names("status:off")).toEqual(["d"]);
  expect(names("status:nonsense")).toEqual([]);
});

it("takes one of each group that was chosen, with all the words of the search", () => {
  expect(names("", { label: ["prod", "production"] })).toEqual(["a", "b", "c"]);
  expect(names("", { label: ["prod"], provider: ["google_sheets"] })).toEqual(["c"]);
  expect(names("zzz", { label: ["prod"] })).toEqual([]);
  expect(names("google etl@")).toEqual(["c"]);
});

it("counts what keys have", () => {
  const { status, provider, label } = facets(all, providerName);
  expect(status.map(({ value, count }) => `${value} ${count}`)).toEqual(["care 2", "connected 1", "error 1", "expiring 1", "unchecked 1", "disabled 1"]);
  expect(provider).toEqual([{ value: "google_sheets", count: 1 }, { value: "openai", count: 3 }]);
  expect(label.map(({ value }) => value)).toEqual(["Équipe ventas", "prod", "production"]);
});

import { expect, it } from "vitest";

import type { Listing } from "../backend/backend";
import { monogram } from "../parts/monogram";
import { indexed, search } from "./search";

const listing = (name: string, provider: string, more: Partial<Listing> = {}): Listing => ({
  id: `${provider}/${name}`, name, display: name, provider, labels: [], status: "unchecked", care: [], on: true, fallback: false, createdAt: 0, updatedAt: 0, waiting: false, version: 1, versionId: "1-0000beef", alternates: 0, trashed: false, ...more,
});

const all = [
  listing("voice", "Vapi"), listing("voice", "Twilio"), listing("key 10", "OpenAI"), listing("key 9", "OpenAI", { labels: ["producción"] }),
  listing("invoices", "Stripe", { note: "for voice mail" }),
];
const names = (query: string) => search(indexed(all), query).map((l) => `${l.provider}/${l.name}`);

it("orders by name as people do, then by provider", () => {
  expect(names("")).toEqual(["Stripe/invoices", "OpenAI/key 9", "OpenAI/key 10", "Twilio/voice", "Vapi/voice"]);
});

it("needs every word, anywhere, without accents or capitals, and puts names that begin so first", () => {
  expect(names("VOICE")).toEqual(["Twilio/voice", "Vapi/voice", "Stripe/invoices"]);
  expect(names("voice twi")).toEqual(["Twilio/voice"]);
  expect(names("produccion")).toEqual(["OpenAI/key 9"]);
  expect(names("nothing")).toEqual([]);
});

it("stands for a provider with a few letters", () => {
  expect(["OpenAI", "npm", "Google Sheets", "OpenAI (administration key)", "aws", ""].map(monogram)).toEqual(["Op", "npm", "GS", "OA", "aws", ""]);
});

it("makes the same of a later reading as of a first one, whatever came, went or was renamed", () => {
  const before = indexed(all);
  const later = [
    ...all.slice(1), listing("a first", "npm"), listing("voice", "AWS"), listing("zz", "npm"), { ...listing("renamed", "Vapi"), id: "Vapi/voice" },
    { ...listing("key 9", "OpenAI", { labels: ["otra"], status: "connected" }) },
  ];
  const once = later.filter(({ id }, i) => !later.some((other, j) => other.id === id && j > i));
  expect(indexed(once, undefined, before)).toEqual(indexed(once));
  expect(search(indexed(once, undefined, before), "otra").map(({ name }) => name)).toEqual(["key 9"]);
  expect(indexed(once, undefined, before).map((one) => one.listing.name)).toEqual(["a first", "invoices", "key 9", "key 10", "renamed", "voice", "voice", "zz"]);
});

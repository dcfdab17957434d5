import { describe, expect, it } from "vitest";

import type { Care, Listing } from "../backend/backend";
import { rowStatus } from "./status";

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;

const listing = (more: Partial<Listing> = {}): Listing => ({
  id: "id-1", name: "work", display: "work", provider: "openai", labels: [], status: "unchecked", care: [], on: true, fallback: false,
  createdAt: 0, updatedAt: 0, waiting: false, version: 1, versionId: "1-0000beef", alternates: 0, trashed: false, ...more,
});
const told = (more: Partial<Listing>, verifying = false) => rowStatus(listing(more), verifying, NOW);
const cares = (...care: Care[]) => ({ care });

describe("the status of a key", () => {
  it("says whether the provider accepts it, and that it is being asked", () => {
    expect(told({})).toEqual({ dot: "faint", text: "Not checked" });
    expect(told({ status: "connected" })).toEqual({ dot: "ok", text: "Connected" });
    expect(told({ status: "connected" }, true)).toEqual({ dot: "faint", text: "Verifying…" });
    expect(told({ status: "disabled", on: false })).toEqual({ dot: "faint", text: "Off" });
    expect(told({ status: "unreadable" }, true)).toEqual({ dot: "bad", text: "Does not open" });
  });

  it("says what the provider said of a key that it refuses", () => {
    const refused = (said: Partial<Listing["said"] & object>) => told({ status: "error", said: { verdict: "invalid", at: 0, ...said }, ...cares({ kind: "refused" }) });
    expect(refused({})).toEqual({ dot: "bad", text: "Refused" });
    expect(refused({ say: "token revoked" }).text).toBe("Refused: token revoked");
    expect(refused({ verdict: "disabled" }).text).toBe("Switched off at the provider");
    expect(refused({ verdict: "invalid_config" }).text).toBe("Something beside the key is wrong");
    expect(refused({ verdict: "invalid_config", reason: "missing_field", field: "shop" }).text).toBe("shop is empty; nothing was sent");
    expect(refused({ verdict: "invalid_config", reason: "host_refused", field: "shop" }).text).toBe("shop does not belong there; nothing was sent");
  });

  it("says since when nothing could be learned, and why", () => {
    const tried = { at: NOW, reason: "unreachable" };
    const said = (at: number) => ({ verdict: "valid", at });
    expect(told({ tried })).toEqual({ dot: "faint", text: "Not checked: no network" });
    expect(told({ status: "connected", said: said(NOW - 3 * DAY), tried }).text).toBe(`Not checked since ${new Intl.DateTimeFormat("en", { weekday: "long" }).format(NOW - 3 * DAY)}: no network`);
    expect(told({ status: "connected", said: said(NOW - 30 * DAY), tried }).text).toBe("Not checked since Dec 16, 2026: no network");
    expect(told({ status: "error", said: { verdict: "invalid", at: 0 }, tried, ...cares({ kind: "refused" }) }).text).toBe("Refused");
  });

  it("puts what needs care first, and never gives a day too many", () => {
    const text = (care: Care) => told({ status: "connected", ...cares(care) }).text;
    expect(text({ kind: "expiring", at: NOW + 5.9 * DAY })).toBe("Expires in 5 days");
    expect(text({ kind: "expiring", at: NOW + 4.99 * DAY })).toBe("Expires in 5 days");
    expect(text({ kind: "expiring", at: NOW + 0.9 * DAY })).toBe("Expires within a day");
    expect(text({ kind: "expired", at: NOW - 3 * DAY })).toBe("Expired 3 days ago");
    expect(text({ kind: "shared_name" })).toBe("Another key has this name");
    expect(text({ kind: "old", at: NOW - 100 * DAY, days: 90 })).toBe("100 days old");
    expect(told({ status: "connected", ...cares({ kind: "conflict" }, { kind: "expired", at: 0 }) }).text).toBe("Two values");
  });
});

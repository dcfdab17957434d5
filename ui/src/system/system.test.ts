import { waitFor } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";

import type { Listing, Status } from "../backend/backend";
import { FakeBackend } from "../backend/fake/fake";
import { openWindow, row } from "../test/window";
import { alertsOf } from "./alerts";
import { trayOf } from "./tray";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12);

function key(name: string, more: Partial<Listing> = {}): Listing {
  const base = { id: name, provider: "openai", name, display: name, labels: [], status: "connected", care: [], on: true, fallback: false, alternates: 0 } as const;
  return { ...base, labels: [], care: [], createdAt: 0, updatedAt: 0, version: 1, versionId: "1", trashed: false, waiting: false, ...more };
}

const standing = (alarms: string[]) => ({ alarms }) as unknown as Status;

describe("the tray", () => {
  it("has those that changed last, and none that cannot be used", () => {
    const many = Array.from({ length: 12 }, (_, n) => key(`k${n}`, { updatedAt: n }));
    const tray = trayOf([...many, key("off", { on: false, updatedAt: 99 }), key("broken", { status: "unreadable", updatedAt: 99 })], (id) => id);
    expect(tray.keys.map(({ id }) => id)).toEqual(["k11", "k10", "k9", "k8", "k7", "k6", "k5", "k4"]);
    expect(tray.keys[0]?.label).toBe("Copy k11 · openai");
  });

  it("follows the keys", async () => {
    const { backend } = await openWindow(["work"]);
    await waitFor(() => expect(backend.tray?.keys).toHaveLength(1));
    await backend.add({ provider: "OpenAI", name: "second", secret: "s", fields: [], labels: [] });
    await waitFor(() => expect(backend.tray?.keys).toHaveLength(2));
  });

  it("tells nothing while the vault is locked", async () => {
    const backend = new FakeBackend();
    backend.locked = "PASSWORD_NEEDED";
    await openWindow([], backend);
    await waitFor(() => expect(backend.tray?.keys).toEqual([]));
  });

  it("opens the sheet to add a key, and says in the window what it could not copy", async () => {
    const { backend } = await openWindow(["work"]);
    backend.failsOutside({ code: "CLIPBOARD", message: "" });
    await waitFor(() => expect(document.body).toHaveTextContent("The clipboard does not answer."));
    backend.addsFromTray();
    await waitFor(() => expect(document.body).toHaveTextContent("Add a key"));
  });
});

describe("alerts", () => {
  it("tell of nothing while nothing is wrong", () => {
    expect(alertsOf(standing([]), [key("work"), key("refused", { care: [{ kind: "refused" }] })], NOW)).toEqual([]);
  });

  it("tell an alarm once a day while it stands", () => {
    const [first] = alertsOf(standing(["ROLLBACK"]), [], NOW);
    const [later] = alertsOf(standing(["ROLLBACK"]), [], NOW + 60_000);
    const [tomorrow] = alertsOf(standing(["ROLLBACK"]), [], NOW + DAY);
    expect(first?.keys).toEqual(later?.keys);
    expect(first?.keys).not.toEqual(tomorrow?.keys);
    expect(first?.title).not.toBe("");
  });

  it("tell of one key by its name, of several together, and again when it has expired", () => {
    const soon = (name: string) => key(name, { care: [{ kind: "expiring", at: NOW + 6 * DAY }] });
    expect(alertsOf(undefined, [soon("work")], NOW)).toEqual([{ keys: [`expiring:work:${NOW + 6 * DAY}`], title: "work", body: "Expires in 6 days" }]);
    const [several] = alertsOf(undefined, ["a", "b", "c", "d", "e"].map(soon), NOW);
    expect(several).toMatchObject({ title: "5 keys expire soon", body: "a, b, c and 2 more" });
    const [gone] = alertsOf(undefined, [key("work", { care: [{ kind: "expired", at: NOW - DAY }] })], NOW);
    expect(gone).toMatchObject({ title: "work", body: "Expired yesterday" });
  });

  it("are for who looks elsewhere", async () => {
    const focus = vi.spyOn(document, "hasFocus").mockReturnValue(true);
    const { backend } = await openWindow(["work"]);
    await row("work");
    backend.alarms = ["ROLLBACK"];
    backend.serverIs("ok");
    await waitFor(() => expect(backend.calls.filter(({ command }) => command === "overview").length).toBeGreaterThan(1));
    expect(backend.notified).toEqual([]);
    focus.mockReturnValue(false);
    window.dispatchEvent(new Event("blur"));
    await waitFor(() => expect(backend.notified).toHaveLength(1));
    focus.mockRestore();
  });
});

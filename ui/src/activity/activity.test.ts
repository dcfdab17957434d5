import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import type { ActivityEvent, EventCode, Happened } from "../backend/backend";
import { FakeBackend } from "../backend/fake/fake";
import { Session } from "../state/session.svelte";
import { openWindow } from "../test/window";
import { words } from "../words/words";
import { GROUPS } from "./kinds";
import { byDay, doer, sentence } from "./said";

const DAY = 86_400_000;
const at = (when: number, event: ActivityEvent, more: Partial<Happened> = {}): Happened => ({ at: when, failed: false, event, ...(event.id !== undefined && { key: event.id }), ...more });

async function openActivity(happened: Happened[], names: string[] = ["work"]) {
  const backend = new FakeBackend();
  backend.happened = happened;
  const opened = await openWindow(names, backend);
  await opened.user.click(screen.getByRole("button", { name: "Activity" }));
  await screen.findByRole("heading", { name: "Activity" });
  return opened;
}

const entries = () => screen.queryAllByRole("listitem").map((item) => item.textContent.replace(/\s+/g, " ").trim().replace(/^\S+ [AP]M /, ""));
const asked = (backend: FakeBackend) => backend.calls.filter(({ command }) => command === "activity").map(({ args }) => args[0]);

it("shows what happened by day, newest first, and who had it done", async () => {
  const now = Date.now();
  const noon = new Date(now).setHours(0, 0, 0, 0) - DAY / 2;
  await openActivity([
    at(now, { event: "revealed", id: "id-1", name: "openai/work", copied: true }, { by: "window" }),
    at(now, { event: "verified", id: "id-1", name: "openai/work", verdict: "invalid" }, { by: "program", asker: "n8n", failed: true }),
    at(noon, { event: "lent", id: "gone", name: "openai/old", program: "curl" }, { by: "cli" }),
  ]);
  await waitFor(() => expect(entries()).toEqual(["openai/work was copied in the window", "Went wrong: openai/work was verified: refused by n8n", "openai/old was lent to curl at the command line"]));
  expect(screen.getAllByRole("heading", { level: 3 }).map((heading) => heading.textContent)).toEqual(["Today", "Yesterday"]);
});

it("leads to the key that an entry is about, if it is still there", async () => {
  const { user } = await openActivity([at(Date.now(), { event: "added", id: "id-2", name: "openai/two" }), at(Date.now(), { event: "erased", id: "gone", name: "openai/gone" })], ["one", "two"]);
  await user.click(await screen.findByRole("button", { name: "openai/two was added" }));
  expect(await screen.findByRole("heading", { name: "two" })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Activity" }));
  expect(await screen.findByText("openai/gone was erased for good")).toBeVisible();
  expect(screen.queryByRole("button", { name: /openai\/gone/ })).toBeNull();
});

it("asks for what the filters say, keeps them, and shows everything again", async () => {
  const happened = [
    at(Date.now(), { event: "added", id: "id-1", name: "openai/work" }, { by: "window" }),
    at(Date.now(), { event: "lent", id: "id-1", name: "openai/work", program: "curl" }, { by: "cli" }),
    at(Date.now() - 10 * DAY, { event: "alarm", alarm: "put_back" }, { failed: true }),
  ];
  const { user, backend } = await openActivity(happened);
  await user.selectOptions(screen.getByLabelText("Kind"), "Lent to a program");
  await waitFor(() => expect(entries()).toEqual(["openai/work was lent to curl at the command line"]));
  await user.selectOptions(screen.getByLabelText("Who"), "curl");
  await user.selectOptions(screen.getByLabelText("Time"), "Last 7 days");
  const week = new Date().setHours(0, 0, 0, 0) - 6 * DAY;
  await waitFor(() => expect(asked(backend).at(-1)).toEqual({ failed: false, limit: 100, event: "lent", program: "curl", since: week }));
  await user.click(screen.getByRole("button", { name: /^Keys/ }));
  await user.click(screen.getByRole("button", { name: "Activity" }));
  expect(screen.getByLabelText("Kind")).toHaveDisplayValue("Lent to a program");
  await user.click(screen.getByRole("button", { name: "Show everything" }));
  await waitFor(() => expect(entries()).toHaveLength(3));
  await user.click(screen.getByRole("checkbox", { name: "Only what went wrong" }));
  await waitFor(() => expect(entries()).toEqual(["Went wrong: The server had lost its newest state."]));
  await user.selectOptions(screen.getByLabelText("Who"), "At the command line");
  expect(await screen.findByText("Nothing of that kind")).toBeVisible();
  expect(asked(backend).at(-1)).toEqual({ failed: true, limit: 100, by: "cli" });
});

it("shows one key only, by its name", async () => {
  const happened = [at(Date.now(), { event: "added", id: "id-1", name: "openai/work" }), at(Date.now(), { event: "added", id: "id-2", name: "openai/home" })];
  const { user, backend } = await openActivity(happened, ["work", "home"]);
  await user.type(screen.getByLabelText("Key"), "home{Enter}");
  await waitFor(() => expect(entries()).toEqual(["openai/home was added"]));
  await user.click(screen.getByRole("button", { name: "Only home. Show all keys" }));
  await waitFor(() => expect(entries()).toHaveLength(2));
  expect(asked(backend).at(-1)).toEqual({ failed: false, limit: 100 });
});

it("shows more when asked, and stays as far down when something new happens", async () => {
  const many = Array.from({ length: 230 }, (_, n) => at(Date.now() - n, { event: "added", name: `openai/${n}` }));
  const { user, backend } = await openActivity(many);
  await waitFor(() => expect(entries()).toHaveLength(100));
  await user.click(screen.getByRole("button", { name: "Show earlier" }));
  await waitFor(() => expect(entries()).toHaveLength(200));
  backend.happened = [at(Date.now() + 1, { event: "added", name: "openai/new" }), ...many];
  backend.changedElsewhere(() => undefined);
  await waitFor(() => expect(entries()[0]).toBe("openai/new was added"));
  expect(entries()).toHaveLength(200);
  await user.click(screen.getByRole("button", { name: "Show earlier" }));
  expect(await screen.findByText("That is all that this device remembers.")).toBeVisible();
  expect(entries()).toHaveLength(231);
});

it("says when nothing has happened, and when it cannot be read", async () => {
  const { user, backend } = await openActivity([]);
  expect(await screen.findByText("Nothing has happened yet")).toBeVisible();
  backend.failNext("CACHE_DAMAGED", "activity");
  await user.click(screen.getByRole("checkbox", { name: "Only what went wrong" }));
  expect(await screen.findByText("The activity cannot be shown.")).toBeVisible();
  expect(screen.getByText("The cache on this disk is damaged.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Nothing of that kind")).toBeVisible();
});

it("has every kind in one of the groups, and words for each", () => {
  const codes = Object.keys(words.activity.kinds) as EventCode[];
  expect(Object.values(GROUPS).flat().sort()).toEqual([...codes].sort());
  for (const event of codes) expect(sentence(at(0, { event, name: "openai/work" }))).not.toMatch(/null|^$/);
});

it("says names of services, and why nothing was learned", () => {
  const set = at(0, { event: "service_set", service: "google_sheets", settings: ["sheet_name", "other"] });
  const known = [{ id: "google_sheets", name: "Google Sheets", settings: [{ key: "sheet_name", label: "Sheet", required: false }], accepts: [], known: true, on: true, missing: [], conflicts: [] }];
  expect(sentence(set)).toBe("The service google_sheets was set: sheet_name, other");
  expect(sentence(set, known)).toBe("The service Google Sheets was set: Sheet, other");
  expect(sentence(at(0, { event: "verified", name: "a/b", verdict: "indeterminate", why: "tls" }))).toBe("a/b was verified: no trusted connection");
  expect(doer(at(0, { event: "added" }, { by: "program", asker: "n8n" }))).toBe("by n8n");
  const late = new Date(2026, 4, 3, 23, 59).getTime();
  expect(byDay([at(late, { event: "added" }), at(late - DAY, { event: "added" })], late).map(({ label }) => label)).toEqual(["Today", "Yesterday"]);
});

it("shows what happened to one key as another page asks for it", async () => {
  const backend = new FakeBackend();
  const session = new Session(backend);
  session.activity.filter = { failed: true, event: "lent" };
  session.activity.showKey("id-7");
  expect(session.view).toBe("activity");
  await session.activity.read(true);
  expect(asked(backend)).toEqual([{ failed: false, limit: 100, key: "id-7" }]);
});

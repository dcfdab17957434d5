import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import type { ActivityEvent, Happened } from "../backend/backend";
import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, row } from "../test/window";

const MINUTE = 60_000;
const part = () => screen.findByRole("region", { name: "Activity" });
const asked = (backend: FakeBackend) => backend.calls.filter(({ command }) => command === "activity").map(({ args }) => args[0]);

function at(minutesAgo: number, event: ActivityEvent, more: Partial<Happened> = {}): Happened {
  return { at: Date.now() - minutesAgo * MINUTE, failed: false, event, ...(event.id !== undefined && { key: event.id }), ...more };
}

async function withTwo(happened: Happened[]) {
  const backend = new FakeBackend();
  await backend.add(request("agents"));
  await backend.add(request("work"));
  backend.happened = happened;
  const opened = await openWindow([], backend);
  await row("work");
  return opened;
}

const HAPPENED = [
  at(1, { event: "revealed", copied: true, id: "id-1", name: "openai/agents" }, { by: "window" }),
  at(2, { event: "verified", verdict: "invalid", id: "id-1", name: "openai/agents" }, { failed: true }),
  at(3, { event: "lent", program: "python", id: "id-1", name: "openai/agents" }, { by: "cli" }),
  at(4, { event: "edited", id: "id-1", name: "openai/agents" }, { by: "window" }),
  at(5, { event: "added", id: "id-1", name: "openai/agents" }, { by: "window" }),
  at(90 * 24 * 60, { event: "edited", id: "id-2", name: "openai/work" }),
];

it("shows what happened to a key of late, and leads to all of it", async () => {
  const { user, backend } = await withTwo(HAPPENED);
  const entries = within(await part()).getAllByRole("listitem");
  expect(entries).toHaveLength(4);
  expect(entries[0]).toHaveTextContent("Was copied · in the window");
  expect(entries[1]).toHaveTextContent("Went wrong: Was verified: refused");
  expect(entries[2]).toHaveTextContent("Was lent to python · at the command line");
  await user.click(screen.getByRole("button", { name: "All activity" }));
  expect(await screen.findByRole("heading", { name: "Activity" })).toBeVisible();
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(5));
  expect(asked(backend).at(-1)).toMatchObject({ key: "id-1" });
});

it("reads nothing of keys that are only passed by, and shows nothing where nothing happened", async () => {
  const { user, backend } = await withTwo(HAPPENED);
  await part();
  await user.keyboard("{ArrowDown}{ArrowUp}{ArrowDown}");
  await screen.findByRole("heading", { name: "work" });
  await waitFor(() => expect(asked(backend).at(-1)).toMatchObject({ key: "id-2" }));
  expect(asked(backend)).toHaveLength(2);
  expect(screen.queryByRole("region", { name: "Activity" })).toBeNull();
});

it("takes in what happens while it is looked at", async () => {
  const { user, backend } = await withTwo([]);
  await waitFor(() => expect(asked(backend)).toHaveLength(1));
  backend.happened = [at(0, { event: "verified", verdict: "valid", id: "id-1", name: "openai/agents" })];
  await user.click(screen.getByRole("button", { name: "Verify now" }));
  expect(await part()).toHaveTextContent("Was verified");
});

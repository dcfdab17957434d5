import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, row, rowNames } from "../test/window";

it("shows the keys by name and narrows them while one types", async () => {
  const { user } = await openWindow(["work", "agents", "billing"]);
  await row("work");
  expect(rowNames()).toEqual(["agents", "billing", "work"]);
  await user.type(screen.getByRole("combobox"), "ag");
  await waitFor(() => expect(rowNames()).toEqual(["agents"]));
  await user.keyboard("{Escape}");
  await waitFor(() => expect(rowNames()).toHaveLength(3));
});

it("says so when nothing matches", async () => {
  const { user } = await openWindow(["work"]);
  await user.type(screen.getByRole("combobox"), "zzz");
  expect(await screen.findByText("Nothing matches “zzz”")).toBeVisible();
});

it("draws only the rows that can be seen of ten thousand", async () => {
  const backend = new FakeBackend();
  for (let i = 0; i < 10_000; i += 1) {
    const version = { at: 0, name: `key ${i}`, provider: "OpenAI", labels: [], fields: [] };
    backend.kept.set(`id-${i}`, { id: `id-${i}`, createdAt: 0, trashed: false, conflicts: [], versions: [version] });
  }
  await openWindow([], backend);
  await row("key 0");
  expect(screen.getAllByRole("option").length).toBeLessThan(60);
});

it("moves with the arrows, and Ctrl C copies what is selected", async () => {
  const { user, backend } = await openWindow(["a", "b", "c"]);
  await waitFor(() => expect(rowNames()).toHaveLength(3));
  await user.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}");
  await waitFor(() => expect(screen.getByRole("option", { selected: true })).toHaveTextContent("b"));
  await user.keyboard("{Control>}c{/Control}");
  expect(await screen.findByText(/clipboard is cleared in 30 seconds/)).toBeVisible();
  expect(backend.calls.filter((call) => call.command === "copy").map((call) => call.args)).toEqual([["id-2", "secret"]]);
});

it("follows changes made by another program", async () => {
  const { backend } = await openWindow(["work"]);
  await row("work");
  backend.changedElsewhere((kept) => {
    for (const credential of kept.values()) for (const version of credential.versions) version.name = "renamed elsewhere";
  });
  expect(await row("renamed elsewhere")).toBeVisible();
  await waitFor(() => expect(rowNames()).toEqual(["renamed elsewhere"]));
});

it("has its keys after a click on a row", async () => {
  const { user, backend } = await openWindow(["a", "b", "c"]);
  await user.click(await row("b"));
  await user.keyboard("{ArrowDown}");
  await waitFor(() => expect(screen.getByRole("option", { selected: true })).toHaveTextContent("c"));
  await user.keyboard("{Delete}");
  await waitFor(() => expect(backend.kept.get("id-3")?.trashed).toBe(true));
});

it("says which field was copied: the secret that the details show first", async () => {
  const backend = new FakeBackend();
  await backend.add(request("cloud", { provider: "aws" }));
  const kept = backend.kept.get("id-1")?.versions[0];
  kept?.fields.splice(0, 1, { name: "session_token", value: "token", secret: true }, { name: "secret_access_key", value: "invented", secret: true });
  const { user } = await openWindow([], backend);
  await screen.findByRole("heading", { name: "cloud" });
  await user.keyboard("{Control>}c{/Control}");
  expect(await screen.findByText(/^Secret access key copied\./)).toBeVisible();
  expect(backend.clipboard).toBe("invented");
});

import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, row, rowNames } from "../test/window";

/** The row of exactly this name. */
const item = async (name: string) => {
  const found = (await screen.findAllByRole("option")).find((option) => option.querySelector(".font-medium")?.textContent === name);
  return found ?? Promise.reject(new Error(`no row ${name}`));
};

const bar = () => screen.findByRole("group", { name: "What to do with the selected keys" });
const press = async (name: string) => within(await bar()).getByRole("button", { name });
const chosen = () => screen.queryAllByRole("option", { selected: true }).map((option) => option.querySelector(".font-medium")?.textContent);

async function five() {
  const opened = await openWindow(["a", "b", "c", "d", "e"]);
  await waitFor(() => expect(rowNames()).toHaveLength(5));
  return opened;
}

it("chooses with Ctrl and Shift and the mouse", async () => {
  const { user } = await five();
  await user.click(await item("b"));
  await user.keyboard("{Control>}");
  await user.click(await item("d"));
  await user.keyboard("{/Control}");
  expect(chosen()).toEqual(["b", "d"]);
  expect(await bar()).toHaveTextContent("2 selected");
  await user.keyboard("{Shift>}");
  await user.click(await item("a"));
  await user.keyboard("{/Shift}");
  expect(chosen()).toEqual(["a", "b", "c", "d"]);
  await user.click(await item("e"));
  expect(chosen()).toEqual(["e"]);
  expect(screen.queryByText(/selected$/)).toBeNull();
});

it("chooses with the keyboard: Shift and arrows, Space, Ctrl A, and Escape lets go", async () => {
  const { user } = await five();
  await user.keyboard("{ArrowDown}{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
  expect(chosen()).toEqual(["b", "c", "d"]);
  await user.keyboard("{Shift>}{ArrowUp}{ArrowUp}{ArrowUp}{/Shift}");
  expect(chosen()).toEqual(["a", "b"]);
  await user.keyboard("{Escape}");
  expect(chosen()).toEqual(["a"]);
  await user.keyboard(" ");
  expect(await bar()).toHaveTextContent("1 selected");
  await user.keyboard("{Control>}a{/Control}");
  expect(await bar()).toHaveTextContent("5 selected");
  await user.click(await press("Cancel"));
  expect(screen.queryByText(/selected$/)).toBeNull();
});

it("acts on what is shown alone", async () => {
  const { user, backend } = await five();
  await user.keyboard("{Control>}a{/Control}");
  await user.type(screen.getByRole("combobox"), "c");
  expect(await bar()).toHaveTextContent("1 selected");
  await user.click(await press("Move to trash"));
  await waitFor(() => expect([...backend.kept.values()].filter((kept) => kept.trashed)).toHaveLength(1));
});

it("moves many to the trash, reads the list once, and takes all of it back with one undo", async () => {
  const { user, backend } = await five();
  await user.keyboard("{ArrowDown}{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
  backend.calls.length = 0;
  await user.keyboard("{Delete}");
  expect(await screen.findByText("Moved 3 keys to the trash")).toBeVisible();
  await waitFor(() => expect(rowNames()).toEqual(["a", "e"]));
  expect(backend.calls.filter(({ command }) => command === "overview")).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(rowNames()).toHaveLength(5));
});

it("tells which ones failed, and that the others are done", async () => {
  const { user, backend } = await five();
  const trash = backend.trash.bind(backend);
  backend.trash = async (id, still) => (id === "id-2" || id === "id-4" ? Promise.reject({ code: "NEWER_RECORD", message: "" }) : trash(id, still));
  await user.keyboard("{Control>}a{/Control}{Delete}");
  expect(await screen.findByText("2 of 5 did not go: b, d.")).toBeVisible();
  expect(screen.getByText(/The other 3 are done\. This key was saved by a newer Keymoor\./)).toBeVisible();
  await waitFor(() => expect(rowNames()).toEqual(["b", "d"]));
  await user.keyboard("{Control>}z{/Control}");
  await waitFor(() => expect(rowNames()).toHaveLength(5));
});

it("says what an undo could not bring back, and does not touch what was changed meanwhile", async () => {
  const { user, backend } = await five();
  await user.keyboard("{Shift>}{ArrowDown}{/Shift}{Delete}");
  await screen.findByText("Moved 2 keys to the trash");
  await backend.restore("id-1");
  await user.keyboard("{Control>}z{/Control}");
  expect(await screen.findByText("1 of 2 could not be undone: a.")).toBeVisible();
  await waitFor(() => expect(rowNames()).toHaveLength(5));
});

it("asks about many, shows how far it is, and stops when told to", async () => {
  const { user, backend } = await five();
  backend.answersAfter = 120;
  await user.keyboard("{Control>}a{/Control}");
  await user.click(await press("Verify"));
  await waitFor(async () => expect(await bar()).toHaveTextContent("Verifying 2 of 5"));
  expect(screen.getByRole("progressbar")).toHaveValue(2);
  await user.click(await press("Stop"));
  expect(await screen.findByText("3 accepted, 2 not checked")).toBeVisible();
  expect(backend.calls.filter(({ command }) => command === "verifyMany").map(({ args }) => args[0])).toEqual([["id-1", "id-2", "id-3", "id-4", "id-5"]]);
  await waitFor(async () => expect(await bar()).toHaveTextContent("5 selected"));
});

it("names those that could not be asked about", async () => {
  const backend = new FakeBackend();
  for (const name of ["one", "two"]) await backend.add(request(name));
  for (const kept of backend.kept.values()) if (kept.id === "id-2") kept.conflicts = [{ field: "key", choices: [] }];
  const { user } = await openWindow([], backend);
  await row("one");
  await user.keyboard("{Control>}a{/Control}");
  await user.click(await press("Verify"));
  expect(await screen.findByText("1 of 2 did not go: two.")).toBeVisible();
  await waitFor(async () => expect(await row("one")).toHaveTextContent("Connected"));
});

it("adds and takes away labels of all, leaves what others have, and takes that back", async () => {
  const backend = new FakeBackend();
  await backend.add(request("one", { labels: ["prod", "old"] }));
  await backend.add(request("two", { labels: ["mine"] }));
  const { user } = await openWindow([], backend);
  await row("one");
  await user.keyboard("{Control>}a{/Control}");
  await user.click(await press("Label"));
  await user.click(await screen.findByRole("button", { name: "old, on 1 of 2" }));
  await user.type(screen.getByLabelText("Add labels"), "prod, team");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Changed the labels of 2 keys")).toBeVisible();
  const labels = () => [...backend.kept.values()].map((kept) => kept.versions.at(-1)?.labels);
  expect(labels()).toEqual([["prod", "team"], ["mine", "prod", "team"]]);
  await user.keyboard("{Control>}z{/Control}");
  await screen.findByText("Undone");
  expect(labels()).toEqual([["old", "prod"], ["mine"]]);
});

it("puts many back from the trash", async () => {
  const { user } = await five();
  await user.keyboard("{Control>}a{/Control}{Delete}");
  await screen.findByText("Moved 5 keys to the trash");
  await user.click(screen.getByRole("button", { name: "Trash 5" }));
  await item("a");
  await user.keyboard("{Shift>}{ArrowDown}{/Shift}");
  await user.click(await press("Put back"));
  expect(await screen.findByText("Put 2 keys back")).toBeVisible();
  await waitFor(() => expect(rowNames()).toEqual(["c", "d", "e"]));
});

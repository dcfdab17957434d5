import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { openWindow, row, rowNames } from "../test/window";

it("moves a key to the trash with Delete, and takes it back", async () => {
  const { user, backend } = await openWindow(["agents", "work"]);
  await row("agents");
  await user.keyboard("{Delete}");
  expect(await screen.findByText("Moved agents to the trash")).toBeVisible();
  await waitFor(() => expect(rowNames()).toEqual(["work"]));
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(rowNames()).toEqual(["agents", "work"]));
  expect(backend.calls.filter((call) => ["trash", "restore"].includes(call.command)).map((call) => call.command)).toEqual(["trash", "restore"]);
});

it("does not trash while one corrects the search", async () => {
  const { user } = await openWindow(["agents", "work"]);
  await user.type(screen.getByRole("combobox"), "wor{Delete}");
  await waitFor(() => expect(rowNames()).toEqual(["work"]));
  await user.keyboard("{Escape}");
  await waitFor(() => expect(rowNames()).toHaveLength(2));
});

it("puts back and erases from the trash, and erases only after asking", async () => {
  const { user, backend } = await openWindow(["agents", "work"]);
  await backend.trash("id-1");
  await backend.trash("id-2");
  await user.click(await screen.findByRole("button", { name: /^Trash/ }));
  await row("agents");
  await user.click(await screen.findByRole("button", { name: "Put back" }));
  await waitFor(() => expect(rowNames()).toEqual(["work"]));
  await user.click(await screen.findByRole("button", { name: "Erase for good" }));
  expect(await screen.findByText(/cannot be undone/)).toBeVisible();
  expect(backend.kept.has("id-2")).toBe(true);
  const buttons = screen.getAllByRole("button", { name: "Erase for good" });
  await user.click(buttons[buttons.length - 1] as HTMLElement);
  await waitFor(() => expect(backend.kept.has("id-2")).toBe(false));
  expect(await screen.findByText("The trash is empty")).toBeVisible();
});

it("names a credential that another program erased meanwhile", async () => {
  const { user, backend } = await openWindow(["agents"]);
  await row("agents");
  backend.failNext("NOT_FOUND");
  await user.keyboard("{Delete}");
  expect(await screen.findByText("This key is no longer there.")).toBeVisible();
});

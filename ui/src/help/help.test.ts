import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { openWindow, row } from "../test/window";
import { shortcuts } from "./shortcuts";

const search = () => document.getElementById("search");

it("lists the keys at a question mark, but not while something is typed", async () => {
  const { user } = await openWindow(["work"]);
  await row("work");
  await user.type(screen.getByRole("combobox"), "wh?");
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.clear(screen.getByRole("combobox"));
  await user.keyboard("?");
  expect(await screen.findByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  for (const { title, all } of shortcuts()) {
    expect(screen.getByRole("region", { name: title })).toBeVisible();
    for (const { what } of all) expect(screen.getAllByText(what)[0]).toBeVisible();
  }
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("comes to the search with a slash or Ctrl F, from any page", async () => {
  const { user } = await openWindow(["work"]);
  await row("work");
  for (const keys of ["/", "{Control>}f{/Control}"]) {
    await user.click(screen.getByRole("button", { name: "Settings" }));
    await user.keyboard(keys);
    await waitFor(() => expect(search()).toHaveFocus());
    expect(search()).toHaveValue("");
  }
});

it("goes to the first and the last row", async () => {
  const { user } = await openWindow(["first", "second", "third"]);
  await row("third");
  await user.keyboard("{End}");
  expect(screen.getByRole("option", { selected: true })).toHaveTextContent("third");
  await user.keyboard("{Home}{Shift>}{End}{/Shift}");
  expect(screen.getAllByRole("option", { selected: true })).toHaveLength(3);
  await user.keyboard("{Escape}{Home}");
  expect(screen.getByRole("option", { selected: true })).toHaveTextContent("first");
});

import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, row, rowNames } from "../test/window";

async function mixed() {
  const backend = new FakeBackend();
  await backend.add(request("work", { labels: ["prod"] }));
  await backend.add(request("lab", { labels: ["test"] }));
  await backend.add(request("ci", { provider: "GitHub", labels: ["prod"] }));
  const opened = await openWindow([], backend);
  await row("work");
  return opened;
}
const filter = () => screen.getByRole("button", { name: /^Filter/ });

it("narrows the list from the menu, with the keyboard alone, and shows what is in use", async () => {
  const { user } = await mixed();
  await user.tab();
  await user.tab();
  expect(filter()).toHaveFocus();
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("menu", { name: "Filters" })).toBeVisible();
  await waitFor(() => expect(screen.getByRole("menuitemcheckbox", { name: "Not checked, 3 keys" })).toHaveFocus());
  await user.keyboard("g");
  expect(screen.getByRole("menuitemcheckbox", { name: "GitHub, 1 key" })).toHaveFocus();
  await user.keyboard("{ArrowDown}{Enter}");
  expect(screen.getByRole("menuitemcheckbox", { name: "OpenAI, 2 keys", checked: true })).toBeVisible();
  await waitFor(() => expect(rowNames()).toEqual(["lab", "work"]));
  await user.keyboard("{End}{ArrowUp}{Enter}{Escape}");
  expect(screen.queryByRole("menu")).toBeNull();
  expect(filter()).toHaveFocus();
  expect(filter()).toHaveAccessibleName("Filter, 2 in use");
  await waitFor(() => expect(rowNames()).toEqual(["work"]));
  expect(screen.getByText("1 of 3")).toBeVisible();
});

it("takes one filter away, or all of them", async () => {
  const { user } = await mixed();
  await user.click(filter());
  await user.click(await screen.findByRole("menuitemcheckbox", { name: "GitHub, 1 key" }));
  await user.click(screen.getByRole("menuitemcheckbox", { name: "test, 1 key" }));
  expect(await screen.findByText("Nothing fits these filters")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Remove the filter Label: test" }));
  await waitFor(() => expect(rowNames()).toEqual(["ci"]));
  await user.click(screen.getByRole("button", { name: "Clear filters" }));
  await waitFor(() => expect(rowNames()).toHaveLength(3));
});

it("takes filters in the search, and offers to drop them when they leave nothing", async () => {
  const { user } = await mixed();
  await user.type(screen.getByRole("combobox"), "label:prod provider:open");
  await waitFor(() => expect(rowNames()).toEqual(["work"]));
  await user.type(screen.getByRole("combobox"), " status:expired work");
  expect(await screen.findByText("Nothing matches “work” with these filters")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Drop the filters" }));
  await waitFor(() => expect(rowNames()).toEqual(["work"]));
  expect(screen.getByRole("combobox")).toHaveValue("work");
});

it("says when a key was used, whose it is and what it is labelled", async () => {
  const { user, backend } = await mixed();
  expect(await row("work")).toHaveTextContent(/OpenAI\s·\s…Qr7T\s·\sprod/);
  expect(await row("work")).not.toHaveTextContent("Used");
  await user.click(await row("work"));
  await user.keyboard("{Control>}c{/Control}");
  backend.changedElsewhere(() => undefined);
  await waitFor(async () => expect(await row("work")).toHaveTextContent(/Used now/));
  expect((await row("work")).querySelector("[aria-hidden]")).toHaveTextContent("OA");
});

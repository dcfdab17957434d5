import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { openWindow, row, rowNames } from "../test/window";

const field = () => screen.findByRole("combobox", { name: "Find a key or an action" });
const picks = () => screen.queryAllByRole("option").filter(({ id }) => id.startsWith("pick")).map((option) => option.textContent.trim());
const picked = () => screen.getAllByRole("option", { selected: true }).find(({ id }) => id.startsWith("pick"));
const OPEN = "{Control>}k{/Control}";

it("finds a key and copies it with four strokes, from wherever one is", async () => {
  const { user, backend } = await openWindow(["work", "agents"]);
  await row("work");
  await user.click(screen.getByRole("button", { name: "Settings" }));
  await user.keyboard(OPEN);
  await user.type(await field(), "wo{Enter}");
  expect(await screen.findByRole("combobox", { name: "What to do with work" })).toHaveFocus();
  expect(picked()).toHaveTextContent("Copy");
  await user.keyboard("{Enter}");
  expect(await screen.findByText(/The clipboard is cleared in 30 seconds/)).toBeVisible();
  expect(backend.calls.filter(({ command }) => command === "copy").map(({ args }) => args[0])).toEqual(["id-1"]);
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("opens by its button, whose name has what is read on it", async () => {
  const { user } = await openWindow(["work"]);
  await row("work");
  const button = screen.getByRole("button", { name: /^Find a key or an action/ });
  expect(button).toHaveAccessibleName(/Ctrl K$/);
  await user.click(button);
  expect(await field()).toBeVisible();
});

it("names the active choice to a screen reader, goes round, and says how many there are", async () => {
  const { user } = await openWindow(["work", "worker"]);
  await row("worker");
  await user.keyboard("{Control>}{Shift>}p{/Shift}{/Control}");
  const input = await field();
  await user.type(input, "work");
  await waitFor(() => expect(picks()).toHaveLength(2));
  expect(input).toHaveAttribute("aria-activedescendant", picked()?.id);
  await user.keyboard("{ArrowUp}");
  expect(picked()).toHaveTextContent("worker");
  expect(screen.getByText("2 results")).toBeInTheDocument();
  await user.keyboard("zzz");
  expect(screen.getAllByText("Nothing found")[0]).toBeInTheDocument();
  expect(input).toHaveAttribute("aria-expanded", "false");
});

it("goes back from a key with Backspace or Escape, and closes with the next Escape", async () => {
  const { user } = await openWindow(["work"]);
  await row("work");
  await user.keyboard(OPEN);
  await user.type(await field(), "work{Enter}");
  await screen.findByRole("button", { name: /^Back/ });
  await user.keyboard("{Backspace}");
  await user.type(await field(), "work{Enter}");
  await screen.findByRole("button", { name: /^Back/ });
  await user.keyboard("{Escape}");
  expect(await field()).toHaveFocus();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("does what can be done with a key: show, edit, history, trash, and undo", async () => {
  const { user, backend } = await openWindow(["work", "other"]);
  await row("work");
  const act = async (what: string) => {
    await user.keyboard(OPEN);
    await user.type(await field(), "work{Enter}");
    await screen.findByRole("button", { name: /^Back/ });
    await user.keyboard(`${what}{Enter}`);
  };
  await user.type(screen.getByRole("combobox"), "other");
  await act("show");
  await waitFor(() => expect(document.getElementById("details")).toHaveFocus());
  expect(await screen.findByRole("heading", { name: "work" })).toBeVisible();
  await act("edit");
  expect(await screen.findByRole("dialog", { name: "Edit work" })).toBeVisible();
  await user.keyboard("{Escape}");
  await act("history");
  expect(await screen.findByRole("dialog", { name: "History of work" })).toBeVisible();
  await user.keyboard("{Escape}");
  await act("verify");
  await waitFor(() => expect(backend.calls.some(({ command }) => command === "verify")).toBe(true));
  await act("trash");
  await waitFor(() => expect(rowNames()).toEqual(["other"]));
  await user.keyboard(OPEN);
  await user.type(await field(), "undo{Enter}");
  await waitFor(() => expect(rowNames()).toHaveLength(2));
});

it("goes to every page and adds a key; sync is offered where there is a server", async () => {
  const { user, backend } = await openWindow(["work"]);
  await row("work");
  await user.keyboard(OPEN);
  await user.type(await field(), "go to trash{Enter}");
  expect(await screen.findByText("The trash is empty")).toBeVisible();
  await user.keyboard(OPEN);
  expect(picks()).not.toContain("Sync now");
  await user.type(await field(), "add a{Enter}");
  expect(await screen.findByRole("dialog", { name: "Add a key" })).toBeVisible();
  await user.keyboard("{Escape}");
  backend.server = "https://keys.example.net";
  backend.serverIs("ok");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await waitFor(async () => {
    if (!screen.queryByRole("dialog")) await user.keyboard(OPEN);
    else await user.keyboard("{Escape}");
    expect(picks()).toContain("Sync now");
  });
});

it("offers first what was used last", async () => {
  const { user, backend } = await openWindow(["work", "agents"]);
  await row("work");
  await backend.copy("id-1", "");
  backend.changedElsewhere(() => undefined);
  await waitFor(async () => expect(await row("work")).toHaveTextContent("Used"));
  await user.keyboard(OPEN);
  await field();
  expect(screen.getByRole("group", { name: "Used last" })).toBeVisible();
  expect(picks()[0]).toContain("work");
  expect(picks().some((pick) => pick.includes("agents"))).toBe(false);
});

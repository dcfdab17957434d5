import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { request, SECRET } from "../test/window";
import Picker from "./Picker.svelte";

async function open(names: string[]) {
  const backend = new FakeBackend();
  for (const name of names) await backend.add(request(name));
  render(Picker, { backend });
  const user = userEvent.setup();
  const field = screen.getByRole("combobox", { name: "Copy a key" });
  if (names.length > 0) await screen.findAllByRole("option");
  return { backend, user, field };
}

it("copies what was looked for, and is gone", async () => {
  const { backend, user, field } = await open(["agents", "work"]);
  await user.type(field, "wor{Enter}");
  await waitFor(() => expect(backend.pickerOpen).toBe(false));
  expect(backend.clipboard).toBe(SECRET);
  expect(document.body.textContent).not.toContain(SECRET);
});

it("goes through the keys with the arrows, and stays within them", async () => {
  const { user, field } = await open(["a", "b"]);
  const chosen = () => screen.getAllByRole("option").find((option) => option.getAttribute("aria-selected") === "true");
  await user.type(field, "{ArrowDown}{ArrowDown}{ArrowDown}");
  expect(chosen()).toHaveTextContent("b");
  expect(field).toHaveAttribute("aria-activedescendant", chosen()?.id);
  await user.type(field, "{ArrowUp}{ArrowUp}");
  expect(chosen()).toHaveTextContent("a");
});

it("closes with Escape, copies nothing, and forgets what was typed", async () => {
  const { backend, user, field } = await open(["work"]);
  await user.type(field, "wo{Escape}");
  expect(backend.pickerOpen).toBe(false);
  expect(backend.clipboard).toBe("");
  await fireEvent(window, new Event("focus"));
  expect(field).toHaveValue("");
});

it("says what went wrong, and stays", async () => {
  const { backend, user, field } = await open(["work"]);
  backend.failNext("CLIPBOARD");
  await user.type(field, "{Enter}");
  expect(await screen.findByText("The clipboard does not answer.")).toBeVisible();
  expect(backend.pickerOpen).toBe(true);
});

it("offers nothing of the trash, and says when there is nothing", async () => {
  const { backend, user, field } = await open(["work"]);
  const [listing] = (await backend.overview(false)).listings;
  await backend.trash(listing?.id ?? "");
  await screen.findByText("No keys yet");
  await user.type(field, "x");
  expect(screen.getByText("Nothing matches “x”")).toBeVisible();
});

it("leads to the window where the vault is locked", async () => {
  const backend = new FakeBackend();
  backend.locked = "PASSWORD_NEEDED";
  render(Picker, { backend });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Unlock in the window" }));
  expect([backend.pickerOpen, backend.windowShown]).toEqual([false, true]);
  Object.assign(backend, { pickerOpen: true, windowShown: false });
  await user.type(screen.getByRole("combobox"), "{Enter}");
  expect([backend.pickerOpen, backend.windowShown]).toEqual([false, true]);
  backend.locked = undefined;
  await fireEvent(window, new Event("focus"));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Unlock in the window" })).toBeNull());
});

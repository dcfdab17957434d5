import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { openWindow } from "../test/window";

it("switches off that keys are verified by themselves", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(screen.getByRole("button", { name: "Settings" }));
  const saved = await screen.findByRole("switch", { name: "When they are saved" });
  const background = screen.getByRole("switch", { name: "In the background" });
  expect([saved, background].map((one) => one.getAttribute("aria-checked"))).toEqual(["true", "true"]);
  background.focus();
  await user.keyboard(" ");
  await waitFor(() => expect(background).toHaveAttribute("aria-checked", "false"));
  expect(backend.habits).toEqual({ onSave: true, inBackground: false });
  await user.click(saved);
  await waitFor(() => expect(backend.habits).toEqual({ onSave: false, inBackground: false }));
});

it("shows what was switched elsewhere, and goes back to the keys", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(screen.getByRole("button", { name: "Settings" }));
  backend.habits = { onSave: false, inBackground: true };
  backend.changedElsewhere(() => undefined);
  await waitFor(() => expect(screen.getByRole("switch", { name: "When they are saved" })).toHaveAttribute("aria-checked", "false"));
  await user.keyboard("{Control>}f{/Control}");
  expect(await screen.findByRole("combobox")).toHaveFocus();
});

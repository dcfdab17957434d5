import { screen, waitFor, within } from "@testing-library/svelte";
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
  await user.keyboard("{Control>}k{/Control}");
  expect(await screen.findByRole("combobox")).toHaveFocus();
});

it("speaks another language at once, and remembers it", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(screen.getByRole("button", { name: "Settings" }));
  await user.click(await screen.findByRole("radio", { name: "Español" }));
  expect(await screen.findByRole("heading", { name: "Ajustes" })).toBeVisible();
  expect(document.documentElement.lang).toBe("es");
  expect(backend.chosen.language).toBe("es");
  await waitFor(() => expect(backend.tray?.open).toBe("Abrir Keymoor"));
  const [system] = await screen.findAllByRole("radio", { name: "Como el sistema" });
  await user.click(system as HTMLElement);
  expect(await screen.findByRole("heading", { name: "Settings" })).toBeVisible();
  expect(backend.chosen.language).toBeUndefined();
});

it("takes a theme, and gives it back to the system", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(screen.getByRole("button", { name: "Settings" }));
  await user.click(await screen.findByRole("radio", { name: "Dark" }));
  await waitFor(() => expect(document.documentElement.dataset["theme"]).toBe("dark"));
  expect(backend.chosen.theme).toBe("dark");
  const theme = screen.getByRole("radiogroup", { name: "Theme" });
  await user.click(within(theme).getByRole("radio", { name: "As the system" }));
  await waitFor(() => expect(document.documentElement.dataset["theme"]).toBeUndefined());
});

it("takes a shortcut as it is pressed, says when it cannot have it, and does without", async () => {
  const { user, backend } = await openWindow(["work"]);
  backend.takenShortcuts = ["Ctrl+Shift+P"];
  await user.click(screen.getByRole("button", { name: "Settings" }));
  const field = await screen.findByRole("button", { name: /Copy a key from anywhere/ });
  await user.click(field);
  await user.keyboard("x{Control>}{Shift>}p{/Shift}{/Control}");
  expect(await screen.findByText("The system does not let Keymoor have these keys. Choose others.")).toBeVisible();
  expect(backend.chosen.shortcut).toBe("Ctrl+Shift+P");
  await user.click(screen.getByRole("button", { name: "None" }));
  await waitFor(() => expect(backend.chosen.shortcut).toBe(""));
});

it("says what could not be saved, and stays as it was", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(screen.getByRole("button", { name: "Settings" }));
  const stays = await screen.findByRole("switch", { name: "Go on when the window is closed" });
  backend.failNext("SETTINGS");
  await user.click(stays);
  expect(await screen.findByText("The setting could not be saved.")).toBeVisible();
  expect(stays).toHaveAttribute("aria-checked", "false");
  await user.click(stays);
  await waitFor(() => expect(stays).toHaveAttribute("aria-checked", "true"));
});

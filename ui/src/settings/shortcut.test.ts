import { expect, it } from "vitest";

import { shortcutOf } from "./shortcut";

const pressed = (code: string, key: string, held: string[] = []) =>
  shortcutOf({ code, key, ctrlKey: held.includes("ctrl"), altKey: held.includes("alt"), shiftKey: held.includes("shift"), metaKey: held.includes("meta") });

it("is the keys that are pressed together", () => {
  expect(pressed("KeyK", "k", ["ctrl", "alt"])).toBe("Ctrl+Alt+K");
  expect(pressed("Digit1", "!", ["ctrl", "shift"])).toBe("Ctrl+Shift+1");
  expect(pressed("Space", " ", ["meta"])).toBe("Super+Space");
  expect(pressed("F9", "F9", ["alt"])).toBe("Alt+F9");
});

it("is nothing that a person types, and no modifier alone", () => {
  expect(pressed("KeyK", "k")).toBeUndefined();
  expect(pressed("KeyK", "K", ["shift"])).toBeUndefined();
  expect(pressed("ControlLeft", "Control", ["ctrl"])).toBeUndefined();
  expect(pressed("Enter", "Enter", ["ctrl"])).toBeUndefined();
});

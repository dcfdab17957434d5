import { fireEvent, screen } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { openWindow, SECRET } from "../test/window";

/** The test environment's events carry no data: this one does. */
function dragging(type: string, data: { text?: string; files?: File[] }, target: Element | Window = window) {
  const event = new Event(type, { bubbles: true, cancelable: true });
  const types = data.files ? ["Files"] : ["text/plain"];
  Object.assign(event, { dataTransfer: { types, files: data.files ?? [], getData: () => data.text ?? "" }, relatedTarget: null });
  return fireEvent(target, event);
}

it("says that it takes what is dragged over it, until that leaves", async () => {
  await openWindow(["work"]);
  await dragging("dragover", { text: SECRET });
  expect(screen.getByText("Drop it to add it")).toBeVisible();
  await dragging("dragleave", { text: SECRET });
  expect(screen.queryByText("Drop it to add it")).toBeNull();
});

it("adds dropped text", async () => {
  await openWindow(["work"]);
  await dragging("drop", { text: SECRET });
  expect(await screen.findByLabelText("Secret")).toHaveValue(SECRET);
});

it("adds what is in a dropped file, line ends and all", async () => {
  await openWindow(["work"]);
  const text = '{\n  "type": "service_account"\n}';
  await dragging("drop", { files: [new File([text], "account.json")] });
  expect(await screen.findByLabelText("Secret")).toHaveValue(text);
});

it.each([
  ["several files", [new File(["a"], "a"), new File(["b"], "b")], "Several files were dropped."],
  ["a file that is no text", [new File([new Uint8Array([0xff, 0xfe, 0x00])], "a.png")], "This file is no key: it is no text, or larger than 64 KiB."],
  ["a file that is too large", [new File(["x".repeat(65_537)], "large")], "This file is no key: it is no text, or larger than 64 KiB."],
])("refuses %s, and says so", async (_, files, words) => {
  await openWindow(["work"]);
  await dragging("drop", { files });
  expect(await screen.findByText(words)).toBeVisible();
  expect(screen.queryByLabelText("Secret")).toBeNull();
});

it("leaves text that is dropped into a field to the field", async () => {
  await openWindow(["work"]);
  const untouched = await dragging("drop", { text: "wor" }, screen.getByRole("combobox"));
  expect(untouched).toBe(true);
  expect(screen.queryByLabelText("Secret")).toBeNull();
});

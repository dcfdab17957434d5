import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { FakeBackend } from "../../backend/fake/fake";
import Picker from "../../picker/Picker.svelte";
import { words, type ErrorCode } from "../../words/words";
import { openWindow, request, row } from "../window";
import { AT_START, DROPPED, FOUND, LOCKED, NOTICES, STANDING, WANTED } from "./pages";
import { ALARMS, dismiss, said } from "./ways";

const full = (code: ErrorCode) => words.errors[code].join(" ");
const telling = (place: string, code: ErrorCode) => waitFor(() => expect(said(place)).toBe(full(code)));

describe("a vault that does not open", () => {
  it.each(AT_START)("says why, and opens when it is tried again: %s", async (code) => {
    const backend = new FakeBackend();
    await backend.add(request("work"));
    backend.failNext(code, "overview");
    const { user } = await openWindow([], backend, undefined, false);
    await telling("main", code);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await row("work")).toBeVisible();
  });

  it.each(LOCKED)("covers the window with what opens it: %s", async (code) => {
    const { user, backend } = await openWindow(["work"]);
    await screen.findByRole("heading", { name: "work" });
    backend.locked = code;
    await user.click(screen.getByRole("button", { name: "Verify now" }));
    expect(await screen.findByLabelText("Password")).toBeVisible();
    expect(screen.queryByRole("navigation")).toBeNull();
    expect(said("notices")).toBe("");
  });

  it.each(LOCKED)("says so in the picker: %s", async (code) => {
    const backend = new FakeBackend();
    backend.locked = code;
    render(Picker, { backend });
    await telling("main", code);
  });
});

describe("what was read of the vault while it was open", () => {
  it.each(["CACHE_BUSY", "RECORD_DAMAGED"] as const)("keeps the list and says why it is not newer: %s", async (code) => {
    const opened = await openWindow(["work"]);
    opened.backend.failNext(code, "overview");
    opened.backend.changedElsewhere(() => undefined);
    await telling("notices", code);
    expect(await row("work")).toBeVisible();
    await dismiss(opened);
  });

  it.each(["RECORD_DAMAGED", "NEWER_RECORD", "CACHE_DAMAGED"] as const)("says in the details why a key cannot be shown, once, and shows it when it can: %s", async (code) => {
    const { user, backend } = await openWindow(["agents", "work"]);
    await screen.findByRole("heading", { name: "agents" });
    backend.failNext(code, "show");
    await user.click(await row("work"));
    await telling("aside", code);
    expect(said("notices")).toBe("");
    await user.click(screen.getByRole("button", { name: "History" }));
    await screen.findByRole("dialog");
    await user.keyboard("{Escape}");
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("button", { name: "Copy API key" })).toBeVisible();
  });

  it.each([
    ["activity", "Activity", "activity"],
    ["verifications", "Overview", "verifications"],
    ["devices", "Devices", "devices"],
    ["allServices", "Services", "services"],
  ])("says on its own page why it cannot be read: %s", async (command, page) => {
    const { user, backend } = await openWindow(["work"]);
    backend.failNext("CACHE_BUSY", command);
    await user.click(screen.getByRole("button", { name: new RegExp(`^${page}`) }));
    await telling("main", "CACHE_BUSY");
    // What is read again by itself, or at the person's wish, is there.
    const again = screen.queryByRole("button", { name: "Try again" });
    if (again) await user.click(again);
    else backend.changedElsewhere(() => undefined);
    await waitFor(() => expect(document.querySelector("main [role=alert]")).toBeNull());
  });

  it.each(["NOT_FOUND", "RECORD_DAMAGED", "CACHE_BUSY"] as const)("says on the sheet why there is no history: %s", async (code) => {
    const { user, backend } = await openWindow(["work"]);
    backend.failNext(code, "history");
    await user.click(await screen.findByRole("button", { name: "History" }));
    await telling("[role=dialog]", code);
    backend.changedElsewhere(() => undefined);
    expect(await screen.findByText("Version 1")).toBeVisible();
    expect(said("[role=dialog]")).toBe("");
  });

  it.each(["NEWER_RECORD", "NOT_FOUND", "DISK_FULL"] as const)("says on the sheet why an earlier version cannot be used: %s", async (code) => {
    const { user, backend } = await openWindow(["work"]);
    await backend.edit("id-1", { fields: [], note: "new" });
    await user.click(await screen.findByRole("button", { name: "History" }));
    backend.failNext(code, "revert");
    await user.click(await screen.findByRole("button", { name: /^Use/ }));
    await telling("[role=dialog]", code);
    await user.click(screen.getByRole("button", { name: /^Use/ }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("does not hide behind the history why an undo was not done", async () => {
    const { user, backend } = await openWindow(["work"]);
    await user.click(await screen.findByRole("button", { name: "Switch off" }));
    await user.click(await screen.findByRole("button", { name: "Move to trash" }));
    await screen.findByText("Moved work to the trash");
    backend.failNext("CHANGED_MEANWHILE", "restore");
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await telling("[role=dialog]", "CHANGED_MEANWHILE");
    expect(await screen.findByText("Version 1")).toBeVisible();
    expect(said("notices")).toBe("");
  });
});

describe("what a sync wants or met", () => {
  async function atDevices(prepare: (backend: FakeBackend) => void) {
    const backend = new FakeBackend();
    backend.server = "https://keys.example.net";
    backend.homes.server.state = "ok";
    prepare(backend);
    const opened = await openWindow(["work"], backend);
    await opened.user.click(screen.getByRole("button", { name: "Devices" }));
    await screen.findByText("https://keys.example.net");
    return opened;
  }

  it.each(FOUND)("stands on the page of the devices: %s", async (code) => {
    await atDevices((backend) => (backend.syncFailure = code));
    await waitFor(() => expect(screen.getByText(words.errors[code][0])).toBeVisible());
    await telling("main", code);
  });

  it.each([...ALARMS, "ACTIVITY_BROKEN"] as const)("is an alarm that stays there: %s", async (code) => {
    await atDevices((backend) => (backend.alarms = [code]));
    await telling("main", code);
  });

  it.each(["SIGN_IN", "SESSION_ENDED"] as const)("asks for the password there: %s", async (code) => {
    const { user, backend } = await atDevices((backend) => (backend.syncFailure = code));
    const form = (await screen.findByLabelText("Password")).closest("form");
    const [what, safe, next] = words.errors[code];
    expect(form).toHaveTextContent(`${what} ${safe}${code === "SESSION_ENDED" ? ` ${next}` : ""}`);
    await user.type(screen.getByLabelText("Password"), backend.password);
    for (const problem of ["WRONG_PASSWORD", "SERVER_UNREACHABLE"] as const) {
      backend.failNext(problem, "syncNow");
      await user.click(screen.getByRole("button", { name: "Sign in and sync" }));
      await telling("notices", problem);
      expect(screen.getByLabelText("Password")).toHaveValue(backend.password);
      await dismiss({ user, backend });
    }
    await user.click(screen.getByRole("button", { name: "Sign in and sync" }));
    expect(await screen.findByRole("button", { name: "Sync now" })).toBeVisible();
  });

  it.each(WANTED)("leads there from wherever it was asked for: %s", async (code) => {
    const { user, backend } = await atDevices(() => undefined);
    await user.click(screen.getByRole("button", { name: /^Keys/ }));
    backend.failNext(code, "syncNow");
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: words.main.palette.placeholder }), "sync now{Enter}");
    const asked = code === "MASS_DELETE" ? screen.findByRole("button", { name: "Delete them here too" }) : screen.findByLabelText("Password");
    expect(await asked).toBeVisible();
    if (code === "MASS_DELETE") await telling("main", code);
  });
});

describe("what nobody asked for", () => {
  it.each(NOTICES)("is told once, until it is dismissed: %s", async (code) => {
    const opened = await openWindow(["work"]);
    opened.backend.told = [{ code }];
    opened.backend.changedElsewhere(() => undefined);
    await telling("notices", code);
    await dismiss(opened);
  });

  it.each(STANDING)("comes from outside of the window: %s", async (code) => {
    const opened = await openWindow(["work"]);
    opened.backend.failsOutside({ code, message: "" });
    await telling("notices", code);
    await dismiss(opened);
  });

  it.each([
    [DROPPED[0], [new File(["a"], "a.txt"), new File(["b"], "b.txt")]],
    [DROPPED[1], [new File([new Uint8Array([0xff, 0xfe, 0x00])], "a.bin")]],
  ] as const)("was dropped, and is no key: %s", async (code, files) => {
    const opened = await openWindow(["work"]);
    const event = Object.assign(new Event("drop", { bubbles: true, cancelable: true }), { dataTransfer: { types: ["Files"], files, getData: () => "" } });
    await fireEvent(window, event);
    await telling("notices", code);
    await dismiss(opened);
  });

  it.each(["CLIPBOARD", "RECORD_DAMAGED", "KEYCHAIN_LOCKED"] as const)("fails in the picker, which stays: %s", async (code) => {
    const backend = new FakeBackend();
    await backend.add(request("work"));
    const { container } = render(Picker, { backend });
    await screen.findByRole("option");
    backend.failNext(code, "copy");
    await fireEvent.keyDown(container.querySelector("input") as HTMLElement, { key: "Enter" });
    await telling("main", code);
    expect(backend.pickerOpen).toBe(true);
    await fireEvent.keyDown(container.querySelector("input") as HTMLElement, { key: "Enter" });
    await waitFor(() => expect(backend.pickerOpen).toBe(false));
  });
});

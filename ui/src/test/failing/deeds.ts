import { screen, waitFor, within } from "@testing-library/svelte";
import { expect } from "vitest";

import { FakeBackend, type Kept } from "../../backend/fake/fake";
import { words } from "../../words/words";
import { openWindow, request, row } from "../window";
import { CACHE, KEYCHAIN, SERVER, type Opened, type Way } from "./ways";

const click = async ({ user }: Opened, name: string | RegExp) => user.click(await screen.findByRole("button", { name }));
const press = (name: string | RegExp) => (opened: Opened) => click(opened, name);

async function withKey(how: (kept: Kept) => void = () => undefined): Promise<Opened> {
  const backend = new FakeBackend();
  await backend.add(request("work"));
  how(backend.kept.get("id-1") as Kept);
  const opened = await openWindow([], backend);
  await screen.findByRole("heading", { name: "work" });
  return opened;
}

async function inTrash(): Promise<Opened> {
  const opened = await openWindow(["work"]);
  await opened.backend.trash("id-1");
  await click(opened, /^Trash/);
  await row("work");
  await screen.findByRole("heading", { name: "work" });
  opened.backend.calls.length = 0;
  return opened;
}

async function atService(backend = new FakeBackend()): Promise<Opened> {
  const opened = await openWindow(["work"], backend);
  await click(opened, /^Services/);
  await click(opened, /^OpenAI/);
  return opened;
}

async function atSettings(): Promise<Opened> {
  const opened = await openWindow(["work"]);
  await click(opened, "Settings");
  await screen.findByRole("switch", { name: "In the background" });
  return opened;
}

async function atDevices(): Promise<Opened> {
  const backend = new FakeBackend();
  backend.server = "https://keys.example.net";
  backend.homes.server.state = "ok";
  const opened = await openWindow(["work"], backend);
  await click(opened, "Devices");
  return opened;
}

/** What is done with a click or a key: why it was not done stands at the foot of the window until it is dismissed. */
export const DEEDS: Way[] = [
  {
    name: "a copied field", command: "copy", place: "notices",
    codes: ["CLIPBOARD", "NO_SUCH_FIELD", "RECORD_DAMAGED", "NOT_FOUND", ...KEYCHAIN, "CACHE_DAMAGED", "CACHE_FAILED", "UNEXPECTED"],
    reach: withKey,
    act: press("Copy API key"),
    arrives: ({ backend }) => expect(backend.clipboard).not.toBe(""),
  },
  {
    name: "a key copied as a text", command: "copyAs", place: "notices",
    codes: ["NO_SUCH_TEXT", "CLIPBOARD", "RECORD_DAMAGED", "NEWER_RECORD"],
    reach: withKey,
    act: press("Copy all fields as lines of an environment"),
    arrives: ({ backend }) => expect(backend.clipboard).toMatch(/^OPENAI_API_KEY=/),
  },
  {
    name: "a secret that is shown", command: "reveal", place: "notices",
    codes: ["RECORD_DAMAGED", "NO_SUCH_FIELD", "NOT_FOUND", "CACHE_DAMAGED"],
    reach: withKey,
    act: press("Show API key"),
    arrives: () => screen.getByTestId("revealed"),
  },
  {
    name: "a key that is verified", command: "verify", place: "notices",
    codes: ["UNSETTLED", "NOT_FOUND", "RECORD_DAMAGED", "NEWER_RECORD", "CACHE_FAILED", "UNEXPECTED"],
    reach: withKey,
    act: press("Verify now"),
    arrives: async () => expect(await row("work")).toHaveTextContent("Connected"),
  },
  {
    name: "the address of the provider's page", command: "copyConsole", place: "notices",
    codes: ["CLIPBOARD", "NOT_FOUND"],
    reach: () => withKey((kept) => (kept.said = { verdict: "invalid", at: Date.now() })),
    act: press("Copy the address"),
    arrives: ({ backend }) => expect(backend.clipboard).toMatch(/^https:/),
  },
  {
    name: "a key that is switched off", command: "edit", place: "notices",
    codes: ["NEWER_RECORD", "NOT_FOUND", ...CACHE],
    reach: withKey,
    act: press("Switch off"),
    arrives: async () => expect(await row("work")).toHaveTextContent("Off"),
  },
  {
    name: "the day on which a key expires", command: "edit", place: "notices",
    codes: ["NEWER_RECORD", "CACHE_BUSY"],
    reach: async () => {
      const opened = await withKey();
      await click(opened, "Set when it expires");
      await opened.user.type(await screen.findByLabelText("Expires on"), "2099-03-01");
      return opened;
    },
    act: press("Save"),
    arrives: ({ backend }) => expect(backend.kept.get("id-1")?.versions.at(-1)?.expires).toBeDefined(),
  },
  {
    name: "a key that goes to the trash", command: "trash", place: "notices",
    codes: ["NOT_FOUND", "NEWER_RECORD", ...CACHE],
    reach: withKey,
    act: press("Move to trash"),
    arrives: ({ backend }) => expect(backend.kept.get("id-1")?.trashed).toBe(true),
  },
  {
    name: "a key that is put back", command: "restore", place: "notices",
    codes: ["NAME_TAKEN", "NOT_FOUND", "DISK_FULL"],
    reach: inTrash,
    act: press("Put back"),
    arrives: ({ backend }) => expect(backend.kept.get("id-1")?.trashed).toBe(false),
  },
  {
    name: "a key that is erased", command: "erase", place: "notices",
    codes: ["NOT_FOUND", "DISK_FULL", "CACHE_BUSY"],
    reach: inTrash,
    act: async (opened) => {
      await click(opened, "Erase for good");
      await opened.user.click(await within(await screen.findByRole("dialog")).findByRole("button", { name: /^Erase/ }));
      await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    },
    arrives: ({ backend }) => expect(backend.kept.size).toBe(0),
  },
  {
    name: "a conflict that is settled", command: "settle", place: "notices",
    codes: ["NOT_FOUND", "NAME_TAKEN", "CACHE_BUSY"],
    reach: () =>
      withKey((kept) => (kept.conflicts = [{ field: "name", choices: [{ key: "a", summary: "work", shown: true, here: true }, { key: "b", summary: "play", shown: false, here: false }] }])),
    act: press("Keep this one: play"),
    arrives: () => row("play"),
  },
  {
    name: "a service that is switched on", command: "enableService", place: "notices",
    codes: ["WHICH_KEY", "NOTHING_TO_USE", "KEY_IS_OFF", "NOT_ACCEPTED", "NO_SUCH_SERVICE", "NOT_FOUND", "CACHE_BUSY"],
    reach: atService,
    act: async ({ user }) => user.click(await screen.findByRole("switch", { name: "In use" })),
    arrives: ({ backend }) => expect(backend.setUp.get("openai")?.on).toBe(true),
  },
  {
    name: "another key for a service", command: "enableService", place: "notices",
    codes: ["KEY_IS_OFF", "NOT_ACCEPTED", "NOT_FOUND"],
    reach: async () => {
      const backend = new FakeBackend();
      await backend.add(request("home"));
      backend.setUp.set("openai", { on: true, settings: {}, chosen: "id-1" });
      return atService(backend);
    },
    act: async ({ user }) => user.selectOptions(screen.getByLabelText("Key"), "work"),
    arrives: ({ backend }) => expect(backend.setUp.get("openai")?.chosen).toBe("id-2"),
  },
  {
    name: "a setting of a service", command: "setService", place: "notices",
    codes: ["INVALID_SETTING", "NO_SUCH_FIELD", "NO_SUCH_SERVICE", "DISK_FULL"],
    reach: async () => {
      const opened = await openWindow(["work"]);
      await click(opened, /^Services/);
      await click(opened, /^Twilio/);
      await opened.user.type(await screen.findByLabelText("Sender"), "+14155550100");
      return opened;
    },
    act: press(words.services.save),
    arrives: ({ backend }) => expect(backend.setUp.get("twilio")?.settings["sender"]).toBe("+14155550100"),
  },
  {
    name: "a service that is tested", command: "testService", place: "aside",
    codes: ["WHICH_KEY", "NOTHING_TO_USE", "KEY_IS_OFF", "UNSETTLED", "INVALID_SETTING", "RECORD_DAMAGED", "NO_SUCH_SERVICE", "UNEXPECTED"],
    reach: atService,
    act: press("Test"),
    arrives: () => screen.getByText(/^Asked with/),
  },
  {
    name: "a choice in the settings", command: "setSettings", place: "notices",
    codes: ["SETTINGS", "AUTOSTART"],
    reach: atSettings,
    act: async ({ user }) => user.click(await screen.findByRole("radio", { name: "Dark" })),
    arrives: ({ backend }) => expect(backend.chosen.theme).toBe("dark"),
  },
  {
    name: "when keys are verified", command: "setHabits", place: "notices",
    codes: ["CACHE_BUSY", "READ_ONLY"],
    reach: atSettings,
    act: async ({ user }) => user.click(await screen.findByRole("switch", { name: "In the background" })),
    arrives: ({ backend }) => expect(backend.habits.inBackground).toBe(false),
  },
  {
    name: "a file that is chosen", command: "chooseFile", place: "notices",
    codes: ["FILE_FAILED", "UNEXPECTED"],
    reach: async () => {
      const opened = await openWindow(["work"]);
      await click(opened, "Devices");
      await click(opened, /^Join with a kit/);
      await opened.user.type(await screen.findByLabelText("Password"), "secret words");
      return opened;
    },
    act: press(/^Choose/),
    arrives: () => expect(screen.getByLabelText("Kit file")).toHaveValue("/home/ana/keymoor-kit.txt"),
  },
  {
    name: "a sync", command: "syncNow", place: "notices",
    codes: ["NO_ACCOUNT", "SERVER_UNKNOWN_ACCOUNT", "SERVER_OVER_QUOTA", "SERVER_TOO_LARGE", ...SERVER, "ALARM_CHAIN_BROKEN", "ALARM_STATE_WRONG", "ALARM_KEYS_DOCUMENT", "ALARM_ROLLED_BACK", "DISK_FULL"],
    reach: atDevices,
    act: press("Sync now"),
    arrives: () => screen.getByText("1 sent, 0 received"),
  },
];

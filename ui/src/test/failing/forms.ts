import { screen } from "@testing-library/svelte";
import { expect } from "vitest";

import { FakeBackend } from "../../backend/fake/fake";
import { openWindow, request, row, SECRET } from "../window";
import { CACHE, KEYCHAIN, SERVER, type Opened, type Way } from "./ways";

const click = async ({ user }: Opened, name: string | RegExp) => user.click(await screen.findByRole("button", { name }));
const press = (name: string | RegExp) => (opened: Opened) => click(opened, name);

async function locked(why: NonNullable<FakeBackend["locked"]>): Promise<Opened> {
  const backend = new FakeBackend();
  await backend.add(request("work"));
  backend.locked = why;
  return openWindow([], backend);
}

async function withKit(opened: Opened): Promise<Opened> {
  await opened.user.type(await screen.findByLabelText("Kit file"), "/media/usb/kit.txt");
  await opened.user.type(screen.getByLabelText("Password"), opened.backend.password);
  return opened;
}

/** Forms: why one did not arrive stands on it, and it keeps what was entered. */
export const FORMS: Way[] = [
  {
    name: "a new key", command: "add", place: "[role=dialog]",
    codes: [
      "EMPTY_SECRET", "SECRET_TOO_LARGE", "INVALID_SECRET", "KEY_AS_NAME", "NOBODYS_SECRET", "INVALID_NAME", "INVALID_INPUT", "NO_SUCH_FIELD", "NAME_TAKEN",
      ...CACHE, ...KEYCHAIN, "CONFIGURATION", "FILE_FAILED", "UNEXPECTED",
    ],
    reach: async () => {
      const opened = await openWindow(["other"]);
      await opened.user.keyboard("{Control>}n{/Control}");
      await opened.user.click(await screen.findByLabelText("Secret"));
      await opened.user.paste(SECRET);
      await opened.user.type(screen.getByLabelText("Provider"), "Mistral");
      await opened.user.type(screen.getByLabelText("Name"), "notebook");
      await click(opened, "Labels, note, expiry");
      await opened.user.type(screen.getByLabelText(/^Note/), "of the old team");
      return opened;
    },
    act: press("Save"),
    arrives: ({ backend }) => expect(backend.kept.get("id-2")?.versions[0]?.fields[0]?.value).toBe(SECRET),
  },
  {
    name: "an edited key", command: "edit", place: "[role=dialog]",
    codes: ["EMPTY_SECRET", "SECRET_TOO_LARGE", "INVALID_SECRET", "KEY_AS_NAME", "INVALID_NAME", "INVALID_INPUT", "NAME_TAKEN", "NEWER_RECORD", "RECORD_DAMAGED", "NOT_FOUND", "CHANGED_MEANWHILE", ...CACHE],
    reach: async () => {
      const opened = await openWindow(["work"]);
      await click(opened, "Edit");
      await opened.user.click(await screen.findByLabelText("New API key"));
      await opened.user.paste("sk-test-replaced-000000000000Zz9");
      return opened;
    },
    act: press("Save"),
    arrives: ({ backend }) => expect(backend.kept.get("id-1")?.versions.at(-1)?.fields[0]?.value).toBe("sk-test-replaced-000000000000Zz9"),
  },
  {
    name: "a kit that unlocks", command: "unlockWithKit", place: "form",
    codes: ["KIT_DAMAGED", "NOT_A_KIT", "KIT_OF_ANOTHER_ACCOUNT", "WRONG_PASSWORD", "FILE_FAILED", "KEYCHAIN_CHANGED", "SERVER_UNKNOWN_ACCOUNT", ...SERVER, ...KEYCHAIN, ...CACHE],
    reach: async () => withKit(await locked("LOCKED")),
    act: press("Unlock"),
    arrives: () => row("work"),
  },
  {
    name: "a recovery file that unlocks", command: "unlockWithRecovery", place: "form",
    codes: ["KIT_DAMAGED", "NOT_A_KIT", "KIT_OF_ANOTHER_ACCOUNT", "WRONG_PASSWORD", "WEAK_PASSWORD", "FILE_FAILED", ...SERVER, ...KEYCHAIN],
    reach: async () => {
      const opened = await locked("LOCKED");
      await click(opened, "Recovery file");
      await opened.user.click(screen.getByLabelText("Or paste what is in the recovery file"));
      await opened.user.paste(opened.backend.recovery);
      await opened.user.type(screen.getByLabelText(/^New password/), "another password");
      return opened;
    },
    act: press("Unlock"),
    arrives: () => row("work"),
  },
  {
    name: "the password that unlocks", command: "unlockWithPassword", place: "form",
    codes: ["WRONG_PASSWORD", "KEYCHAIN_CHANGED", "CONFIGURATION", ...CACHE, "UNEXPECTED"],
    reach: async () => {
      const opened = await locked("PASSWORD_NEEDED");
      await opened.user.type(await screen.findByLabelText("Password"), opened.backend.password);
      return opened;
    },
    act: press("Unlock"),
    arrives: () => row("work"),
  },
  {
    name: "the first password", command: "unlockWithPassword", place: "form",
    codes: ["WEAK_PASSWORD", "KEYCHAIN_CHANGED", "DISK_FULL", "READ_ONLY"],
    reach: async () => {
      const opened = await locked("NEW_PASSWORD_NEEDED");
      await opened.user.type(await screen.findByLabelText("Password"), "a new password");
      await opened.user.type(screen.getByLabelText("Password again"), "a new password");
      return opened;
    },
    act: press("Begin"),
    arrives: () => row("work"),
  },
  {
    name: "an account", command: "accountCreate", place: "form",
    codes: ["INVALID_SERVER", "INSECURE_SERVER", "WEAK_PASSWORD", "HAS_ACCOUNT", "FILE_EXISTS", "FILE_FAILED", "SIGN_IN", "SERVER_CLOSED", "SERVER_OVER_QUOTA", "SERVER_TOO_LARGE", ...SERVER, ...KEYCHAIN, ...CACHE],
    reach: async () => {
      const opened = await openWindow(["work"]);
      await click(opened, "Devices");
      await click(opened, /^Set up sync/);
      await opened.user.type(screen.getByLabelText("Server"), "https://keys.example.net");
      await opened.user.type(screen.getByLabelText("Password"), "correct horse battery");
      await opened.user.type(screen.getByLabelText("Password again"), "correct horse battery");
      for (const choose of screen.getAllByRole("button", { name: /^Choose/ })) await opened.user.click(choose);
      await screen.findByDisplayValue(/recovery/);
      return opened;
    },
    act: press("Set up sync"),
    arrives: () => screen.getByText("Sync is set up"),
  },
  {
    name: "a kit that joins, in the first minute", command: "accountJoin", place: "main",
    codes: ["KIT_DAMAGED", "NOT_A_KIT", "KIT_OF_ANOTHER_ACCOUNT", "WRONG_PASSWORD", "FILE_FAILED", "HAS_ACCOUNT", "SERVER_UNKNOWN_ACCOUNT", ...SERVER, ...KEYCHAIN, ...CACHE],
    reach: async () => {
      const opened = await openWindow();
      await click(opened, "I have a kit");
      return withKit(opened);
    },
    act: press("Join with a kit"),
    arrives: ({ backend }) => expect(backend.server).toBeDefined(),
  },
  {
    name: "a kit that joins, later", command: "accountJoin", place: "main",
    codes: ["KIT_DAMAGED", "WRONG_PASSWORD", "HAS_ACCOUNT", "SERVER_UNREACHABLE"],
    reach: async () => {
      const opened = await openWindow(["work"]);
      await click(opened, "Devices");
      await click(opened, /^Join with a kit/);
      return withKit(opened);
    },
    act: press("Join with a kit"),
    arrives: ({ backend }) => expect(backend.server).toBeDefined(),
  },
];

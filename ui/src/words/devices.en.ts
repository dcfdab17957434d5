import type { HomeName } from "../backend/backend";
import type { HomeState } from "../backend/types";

/** The devices, and why sync stands still where it does. */
export const devices = {
  title: "Devices and sync",
  listTitle: "Devices",
  listHint: "Each has its own copy of everything, sealed.",
  here: "This device",
  unnamed: "A device without a name",
  platforms: { linux: "Linux", macos: "macOS", windows: "Windows" } as Record<string, string>,
  seen: (when: string) => `last heard of ${when}`,
  seenNever: "not heard of yet",
  verified: (n: number) => (n === 1 ? "verified 1 key" : `verified ${n} keys`),
  alone: "Only this one. Another joins with the kit and your password.",
  asOf: (when: string) => `As of the last sync, ${when}.`,
  reading: "Reading…",
  /** Of a home that is not in order: why, what is safe, what to do. Nothing where nothing needs to be said. */
  why: {
    keychain: {
      behind: "Copies for the keychain are under way. The cache has everything meanwhile.",
      off: "Keymoor was started without a keychain. Your password opens the cache; nothing needs to be done.",
      unreachable: "The keychain does not answer, is full or failed. What you save is in the cache. Start the keychain of this computer, then try again.",
      locked: "The keychain is locked. What you save is in the cache, and its copy follows once the keychain is unlocked.",
      damaged: "An entry in the keychain does not open. The other homes have your keys. Run keymoor doctor --repair in a terminal.",
    },
    cache: {
      unreachable: "The disk does not let Keymoor read. The keychain has sealed copies. Look at the disk and the permissions of the folder.",
      damaged: "The cache has something that does not open. The keychain has sealed copies. Run keymoor doctor --repair in a terminal.",
    },
    server: {
      behind: "Some changes have not been sent yet. They are safe here and go out with the next sync.",
      off: "Sync is switched off.",
      not_set_up: "Sync is not set up: your keys are on this device only. With it they are on your other devices, too.",
      sign_in: "The server wants your password again. Changes wait here until you sign in.",
      unreachable: "The server does not answer, or there is no network. Everything is here and can be used; changes go out by themselves when it is back.",
      locked: "The session lies in the keychain, which is locked.",
      damaged: "What the server holds does not add up. Everything here stays readable.",
    },
  } as Record<HomeName, Partial<Record<HomeState, string>>>,
  alarms: "Alarms",
  kitTitle: "Kit",
  kit: "A new device joins with the kit file that was saved when sync was set up, and your password. The recovery file opens everything without the password: keep the two apart.",
  kitAlone: "The kit and a recovery file are made when you set up sync. Without sync, keymoor account kit in a terminal makes a recovery file.",
};

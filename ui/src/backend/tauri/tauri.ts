import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { Backend, Progress } from "../backend";
import { EVENT_ADD, EVENT_CHANGED, EVENT_PROGRESS, EVENT_TROUBLE, EVENT_VERIFIED, EVENT_WAITING, type Command } from "./commands";

const call = <T>(command: Command, args: Record<string, unknown> = {}): Promise<T> => invoke<T>(command, args);

/** The vault behind the real window. Each method is one command of the desktop shell. */
export const tauriBackend: Backend = {
  show: (id) => call("show", { id }),
  add: (request) => call("add", { request }),
  edit: (id, change) => call("edit", { id, change }),
  reveal: (id, field) => call("reveal", { id, field }),
  copy: (id, field) => call("copy", { id, field }),
  copyAs: (id, form) => call("copy_as", { id, form }),
  trash: (id, still) => call("trash", { id, still }),
  restore: (id, still) => call("restore", { id, still }),
  erase: (id) => call("erase", { id }),
  history: (id) => call("history", { id }),
  revert: (id, version, still) => call("revert", { id, version, still }),
  settle: (id, field, choice) => call("settle", { id, field, choice }),
  unsettle: (id, version, still) => call("unsettle", { id, version, still }),
  verify: (id) => call("verify", { id }),
  stopAsking: (id) => call("stop_asking", { id }),
  verifyMany: (ids) => call("verify_many", { ids }),
  stopVerifying: () => call("stop_verifying"),
  catalogue: () => call("catalogue"),
  copyConsole: (provider) => call("copy_console", { provider }),
  recognise: (secret, provider) => call("recognise", { secret, provider }),
  setHabits: (habits) => call("set_habits", { habits }),
  allServices: () => call("services"),
  enableService: (id, credential) => call("enable_service", { id, credential }),
  disableService: (id) => call("disable_service", { id }),
  setService: (id, settings) => call("set_service", { id, settings }),
  checkSetting: async (id, key, text) => (await call<string | null>("check_setting", { id, key, text })) ?? undefined,
  testService: (id) => call("test_service", { id }),
  activity: (request) => call("activity", { request }),
  activityPrograms: () => call("activity_programs"),
  verifications: (since) => call("verifications", { since }),
  devices: () => call("devices"),
  overview: (ask) => call("overview", { ask }),
  syncNow: (request) => call("sync_now", { request }),
  accountCreate: (request) => call("account_create", { request }),
  revealRecovery: () => call("reveal_recovery"),
  copyRecovery: () => call("copy_recovery"),
  accountJoin: (request) => call("account_join", { request }),
  unlockWithKit: (request) => call("unlock_with_kit", { request }),
  unlockWithRecovery: (request) => call("unlock_with_recovery", { request }),
  unlockWithPassword: (password) => call("unlock_with_password", { password }),
  chooseFile: async (purpose) => (await call<string | null>("choose_file", { purpose })) ?? undefined,
  stopWaiting: () => call("stop_waiting"),
  settings: () => call("settings"),
  setSettings: (preferences, autostart) => call("set_settings", { preferences, autostart }),
  setTray: (tray) => call("set_tray", { tray }),
  notify: (notification) => call("notify", { notification }),
  closePicker: (toWindow) => call("close_picker", { toWindow }),
  onChanged: (callback) => hear(EVENT_CHANGED, callback),
  onWaiting: (callback) => hear(EVENT_WAITING, callback),
  onAdd: (callback) => hear(EVENT_ADD, () => callback()),
  onTrouble: (callback) => hear(EVENT_TROUBLE, callback),
  onVerified: (callback) => hear(EVENT_VERIFIED, callback),
  onProgress: (callback) => hear<Progress | null>(EVENT_PROGRESS, (progress) => callback(progress ?? undefined)),
};

function hear<T = unknown>(event: string, callback: (payload: T) => void): () => void {
  const listening = listen<T>(event, ({ payload }) => callback(payload));
  return () => void listening.then((stop) => stop());
}

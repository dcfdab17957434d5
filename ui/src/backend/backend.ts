import type {
  ActivityDay, ActivityPage, ActivityRequest, AddRequest, Copied, CopyForm, CreateRequest, Detail, DeviceInfo, EditRequest, Failure, FilePurpose, Habits, KitRequest, Kits, NewSetting, Notification, Outcome, Overview, Past, Preferences, Progress, ProviderInfo, Recognised, RecoveryRequest, Saved, ServiceInfo, ServiceTested, Services, Settings, SyncReport, SyncRequest, Tray, VerifiedSoFar,
} from "./types";

export type * from "./types";

/**
 * What the window can ask of the vault. Two implementations: `tauri/` in the real window,
 * `fake/` in memory for component tests and for a browser without Tauri.
 *
 * Secrets cross it in two places only: towards the vault, in `recognise`, `add` and `edit` (and the
 * passwords and kits of setting up and unlocking), and back in `reveal` and `revealRecovery`,
 * which the person asked for.
 */
export interface Backend {
  show(id: string): Promise<Detail>;
  add(request: AddRequest): Promise<Saved>;
  edit(id: string, change: EditRequest): Promise<Saved>;
  reveal(id: string, field: string): Promise<string>;
  /** Copies in Rust (an empty `field` means the first secret one), and clears the clipboard later if it is still ours. */
  copy(id: string, field: string): Promise<Copied>;
  /** The same with the whole key as a text to be pasted elsewhere; `show` says which there are. */
  copyAs(id: string, form: CopyForm): Promise<Copied>;
  /** This and the next ones, given `still`: fail with CHANGED_MEANWHILE unless that is the `versionId` of what is there. */
  trash(id: string, still?: string): Promise<Saved>;
  restore(id: string, still?: string): Promise<Saved>;
  erase(id: string): Promise<void>;
  /** Newest first. */
  history(id: string): Promise<Past[]>;
  /** `version` is the id of one in the history. */
  revert(id: string, version: string, still?: string): Promise<Saved>;
  settle(id: string, field: string, choice: string): Promise<Saved>;
  /** Takes a settling back, as long as `still` is the version: the values of `version` stand beside each other again. */
  unsettle(id: string, version: string, still: string): Promise<Saved>;

  /** Asks the provider whether it accepts the key. Meanwhile the overview has it among `verifying`. */
  verify(id: string): Promise<void>;
  /** Waits no longer for the answer. What the provider says all the same is put down. */
  stopAsking(id: string): Promise<void>;
  /** The same for many, and never what costs or changes something. Answers what came of each, also of those that could not be asked about. */
  verifyMany(ids: readonly string[]): Promise<Outcome[]>;
  /** Begins no more of what is being asked about many. */
  stopVerifying(): Promise<void>;
  /** The providers that are known, with their forms. */
  catalogue(): Promise<ProviderInfo[]>;
  /** Copies the address where a provider's keys are made; it is no secret, and stays in the clipboard. */
  copyConsole(provider: string): Promise<void>;
  /** Whose a secret is; given a `provider`, whether it fits. Looked at on this device; the answer has ids and names only. */
  recognise(secret: string, provider?: string): Promise<Recognised>;
  /** When this device asks providers by itself. */
  setHabits(habits: Habits): Promise<void>;

  /** Every service of the catalogue, set up or not, and what sets up several at once. */
  allServices(): Promise<Services>;
  /** Takes it into use: with this key, or with the one chosen before, or the only one that fits. */
  enableService(id: string, credential?: string): Promise<ServiceInfo>;
  /** Its key and settings stay. */
  disableService(id: string): Promise<ServiceInfo>;
  /** An empty value removes a setting. */
  setService(id: string, settings: NewSetting[]): Promise<ServiceInfo>;
  /** What a setting would be kept as, of what was typed or pasted; nothing where it does not fit. */
  checkSetting(id: string, key: string, text: string): Promise<string | undefined>;
  /** Asks the provider whether key and settings go together. */
  testService(id: string): Promise<ServiceTested>;

  /** What happened on this device, newest first. */
  activity(request: ActivityRequest): Promise<ActivityPage>;
  /** The programs that there are entries of. */
  activityPrograms(): Promise<string[]>;
  /** How often keys were verified, by day of UTC, newest first. */
  verifications(since: number): Promise<ActivityDay[]>;
  /** The devices of the account, this one first. */
  devices(): Promise<DeviceInfo[]>;

  /** Everything that the window shows, as it was at one moment. A locked keychain is asked again only with `ask`. */
  overview(ask: boolean): Promise<Overview>;
  syncNow(request: SyncRequest): Promise<SyncReport>;
  accountCreate(request: CreateRequest): Promise<Kits>;
  /** The recovery page of the account just made, for the person to write down. */
  revealRecovery(): Promise<string>;
  /** The same page into the clipboard, as `copy` does it. */
  copyRecovery(): Promise<Copied>;
  accountJoin(request: KitRequest): Promise<SyncReport>;
  unlockWithKit(request: KitRequest): Promise<void>;
  unlockWithRecovery(request: RecoveryRequest): Promise<void>;
  /** Without a keychain: opens the vault, or makes it at the first start. */
  unlockWithPassword(password: string): Promise<void>;

  /** Asks the system for a file. `undefined` when the person changed their mind. */
  chooseFile(purpose: FilePurpose): Promise<string | undefined>;
  /** Gives up waiting for the keychain; what waited fails with KEYCHAIN_CANCELLED. */
  stopWaiting(): Promise<void>;
  /** What was chosen for the window on this device. */
  settings(): Promise<Settings>;
  setSettings(preferences: Preferences, autostart: boolean): Promise<Settings>;
  /** What the menu of the tray says; the first call makes the tray. */
  setTray(tray: Tray): Promise<void>;
  /** A word to a person who looks elsewhere; shown if one of its `keys` was not told before. */
  notify(notification: Notification): Promise<void>;
  /** Hides the picker; with `toWindow` the person goes on in the window. */
  closePicker(toWindow: boolean): Promise<void>;

  /** Calls back when a key is to be added, from the tray. Returns how to stop. */
  onAdd(callback: () => void): () => void;
  /** Calls back with a failure of what was asked for outside the window. Returns how to stop. */
  onTrouble(callback: (failure: unknown) => void): () => void;
  /** Calls back whenever the vault changed, also by another program. Returns how to stop. */
  onChanged(callback: () => void): () => void;
  /** Calls back when the keychain lets us wait for longer than a second. Returns how to stop. */
  onWaiting(callback: () => void): () => void;
  /** Calls back with how far the asking about many is. Returns how to stop. */
  onVerified(callback: (far: VerifiedSoFar) => void): () => void;
  /** Calls back with how far a sync or the copies for the keychain are, if that takes longer, and with nothing when it is over. */
  onProgress(callback: (progress: Progress | undefined) => void): () => void;
}

export type HomeName = "keychain" | "cache" | "server";

/** `code` is stable; words for people are made from it here, never from `message`. */
export function asFailure(error: unknown): Failure {
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") {
    const message = "message" in error && typeof error.message === "string" ? error.message : "";
    return { code: error.code, message };
  }
  return { code: "UNEXPECTED", message: "" };
}

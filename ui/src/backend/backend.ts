import type {
  AddRequest, CreateRequest, Copied, Detail, EditRequest, Failure, FilePurpose, KitRequest, Kits, Listing, Notice, Past, RecoveryRequest, Saved, Status,
  SyncReport, SyncRequest,
} from "./types";

export type * from "./types";

/**
 * What the window can ask of the vault. Two implementations: `tauri/` in the real window,
 * `fake/` in memory for component tests and for a browser without Tauri.
 *
 * Secrets cross it in two places only: towards the vault once, in `add` and `edit` (and the
 * passwords and kits of setting up and unlocking), and back in `reveal` and `revealRecovery`,
 * which the person asked for.
 */
export interface Backend {
  list(): Promise<Listing[]>;
  show(id: string): Promise<Detail>;
  add(request: AddRequest): Promise<Saved>;
  edit(id: string, change: EditRequest): Promise<Saved>;
  reveal(id: string, field: string): Promise<string>;
  /** Copies in Rust (an empty `field` means the first secret one), and clears the clipboard later if it is still ours. */
  copy(id: string, field: string): Promise<Copied>;
  trash(id: string): Promise<Saved>;
  restore(id: string): Promise<Saved>;
  erase(id: string): Promise<void>;
  /** Newest first. */
  history(id: string): Promise<Past[]>;
  /** `version` is the id of one in the history. */
  revert(id: string, version: string): Promise<Saved>;
  settle(id: string, field: string, choice: string): Promise<Saved>;

  status(): Promise<Status>;
  /** What the vault put right by itself and a person should hear of; each is told once. */
  notices(): Promise<Notice[]>;
  syncNow(request: SyncRequest): Promise<SyncReport>;
  accountCreate(request: CreateRequest): Promise<Kits>;
  /** The recovery page of the account just made, for the person to write down. */
  revealRecovery(): Promise<string>;
  accountJoin(request: KitRequest): Promise<SyncReport>;
  unlockWithKit(request: KitRequest): Promise<void>;
  unlockWithRecovery(request: RecoveryRequest): Promise<void>;
  /** Without a keychain: opens the vault, or makes it at the first start. */
  unlockWithPassword(password: string): Promise<void>;

  /** Asks the system for a file. `undefined` when the person changed their mind. */
  chooseFile(purpose: FilePurpose): Promise<string | undefined>;
  /** Gives up waiting for the keychain; what waited fails with KEYCHAIN_CANCELLED. */
  stopWaiting(): Promise<void>;
  /** Calls back whenever the vault changed, also by another program. Returns how to stop. */
  onChanged(callback: () => void): () => void;
  /** Calls back when the keychain lets us wait for longer than a second. Returns how to stop. */
  onWaiting(callback: () => void): () => void;
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

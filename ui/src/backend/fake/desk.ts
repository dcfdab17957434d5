import type { Progress, VerifiedSoFar } from "../backend";
import { failure } from "./checks";

/** How the fake takes commands: what was asked of it, how long that takes, what fails, and who hears of it. */
export class FakeDesk {
  readonly calls: { command: string; args: unknown[] }[] = [];
  /** The code that every command fails with until it is unlocked. */
  locked: "LOCKED" | "PASSWORD_NEEDED" | "NEW_PASSWORD_NEEDED" | undefined;
  /** Milliseconds each command takes. */
  delay = 0;
  protected failures: { code: string; command: string | undefined }[] = [];
  protected listeners = new Set<() => void>();
  protected waiters = new Set<() => void>();
  protected hearers = new Set<(far: VerifiedSoFar) => void>();
  protected watchers = new Set<(progress: Progress | undefined) => void>();

  /** The next command, or the next one of this name, fails with this code. */
  failNext(code: string, command?: string): void {
    this.failures.push({ code, command });
  }

  onWaiting(callback: () => void): () => void {
    this.waiters.add(callback);
    return () => this.waiters.delete(callback);
  }

  /** As the keychain does when it asks its user for a password. */
  keychainWaits(): void {
    for (const waiter of this.waiters) waiter();
  }

  onVerified(callback: (far: VerifiedSoFar) => void): () => void {
    this.hearers.add(callback);
    return () => this.hearers.delete(callback);
  }

  onProgress(callback: (progress: Progress | undefined) => void): () => void {
    this.watchers.add(callback);
    return () => this.watchers.delete(callback);
  }

  /** As the sync in the background does when it takes longer, and once more, with nothing, when it is over. */
  goesOn(progress: Progress | undefined): void {
    for (const watcher of this.watchers) watcher(progress);
  }

  onChanged(callback: () => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  protected async command(command: string, ...args: unknown[]): Promise<void> {
    this.calls.push({ command, args });
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    // The window reads the activity by itself: that is not what the person does next.
    const at = this.failures.findIndex((planned) => (planned.command === undefined ? command !== "activity" : planned.command === command));
    const [planned] = at < 0 ? [] : this.failures.splice(at, 1);
    if (planned) throw failure(planned.code);
    const worksLocked = ["unlockWithKit", "unlockWithRecovery", "unlockWithPassword", "chooseFile", "stopWaiting"];
    if (this.locked && !worksLocked.includes(command)) throw failure(this.locked);
  }

  protected changed(): void {
    for (const listener of this.listeners) listener();
  }
}

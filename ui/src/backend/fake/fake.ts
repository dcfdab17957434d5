import type { Backend, Copied, CreateRequest, FilePurpose, KitRequest, Kits, Notice, Overview, RecoveryRequest, Status, SyncReport, SyncRequest } from "../backend";
import { FakeActivity } from "./activity";
import { failure } from "./checks";

export { PRIMARY_FIELD } from "./keys";
export type { Kept, Version } from "./kept";

/** A vault in memory with the manners of the real one: the same codes, the same rules on names, the same events. */
export class FakeBackend extends FakeActivity implements Backend {
  told: Notice[] = [];
  server: string | undefined;
  lastSync: number | undefined;
  alarms: string[] = [];
  syncFailure: string | undefined;
  password = "correct horse";
  recovery = "keymoor recovery\n\n 1 anchor   2 basin   3 cedar\n 4 delta    5 ember   6 fjord\n 7 grove    8 harbor  9 island\n10 jetty   11 kelp   12 lagoon\n";

  async overview(ask: boolean): Promise<Overview> {
    await this.command("overview", ask);
    return { listings: [...this.kept.values()].map((kept) => this.listing(kept)), status: this.status(), notices: this.told.splice(0), verifying: [...this.verifying], habits: this.habits, counts: { services: this.servicesOn(), devices: this.others.length + 1 } };
  }

  protected status(): Status {
    const records = [...this.kept.values()].filter((kept) => !kept.trashed).length;
    const waiting = this.server ? this.waiting : 0;
    return { homes: { ...this.homes }, records, trashed: this.kept.size - records, waiting, lastSync: this.lastSync, server: this.server, alarms: this.alarms, syncFailure: this.syncFailure };
  }

  async syncNow(request: SyncRequest): Promise<SyncReport> {
    await this.command("syncNow", request);
    if (!this.server) throw failure("NO_ACCOUNT");
    if (this.homes.server.state === "sign_in" && request.password !== this.password) throw failure(request.password === undefined ? "SIGN_IN" : "WRONG_PASSWORD");
    const pushed = this.waiting;
    this.synced();
    return { pulled: 0, pushed, conflicts: 0, deleted: 0 };
  }

  async accountCreate(request: CreateRequest): Promise<Kits> {
    await this.command("accountCreate", request);
    if (this.server) throw failure("HAS_ACCOUNT");
    this.password = request.password;
    this.server = request.server;
    this.synced();
    return { kitPath: request.kitPath, recoveryPath: request.recoveryPath };
  }

  async revealRecovery(): Promise<string> {
    await this.command("revealRecovery");
    return this.recovery;
  }

  async copyRecovery(): Promise<Copied> {
    await this.command("copyRecovery");
    this.clipboard = this.recovery;
    return { seconds: 30 };
  }

  async accountJoin(request: KitRequest): Promise<SyncReport> {
    await this.command("accountJoin", request);
    this.openWith(request);
    this.server = "https://keys.example.net";
    this.synced();
    return { pulled: this.kept.size, pushed: 0, conflicts: 0, deleted: 0 };
  }

  async unlockWithKit(request: KitRequest): Promise<void> {
    await this.command("unlockWithKit", request);
    this.openWith(request);
    this.locked = undefined;
    this.changed();
  }

  async unlockWithRecovery(request: RecoveryRequest): Promise<void> {
    await this.command("unlockWithRecovery", request);
    if (request.kitText !== undefined && request.kitText.trim() !== this.recovery.trim()) throw failure("KIT_DAMAGED");
    if (request.newPassword !== undefined) this.password = request.newPassword;
    this.locked = undefined;
    this.changed();
  }

  async unlockWithPassword(password: string): Promise<void> {
    await this.command("unlockWithPassword", password);
    if (this.locked === "NEW_PASSWORD_NEEDED") this.password = password;
    else if (password !== this.password) throw failure("WRONG_PASSWORD");
    this.locked = undefined;
    this.changed();
  }

  async chooseFile(purpose: FilePurpose): Promise<string | undefined> {
    await this.command("chooseFile", purpose);
    return purpose.endsWith("recovery") ? "/media/usb/keymoor-recovery.txt" : "/home/ana/keymoor-kit.txt";
  }

  async stopWaiting(): Promise<void> {
    await this.command("stopWaiting");
  }

  /** As the sync in the background does: the state of the server changes by itself. */
  serverIs(state: Status["homes"]["server"]["state"], syncFailure?: string): void {
    this.homes = { ...this.homes, server: { state, waiting: this.waiting } };
    this.syncFailure = syncFailure;
    this.changed();
  }

  protected openWith(request: KitRequest): void {
    if (request.kitText !== undefined && !request.kitText.startsWith("keymoor")) throw failure("KIT_DAMAGED");
    if (request.password !== this.password) throw failure("WRONG_PASSWORD");
  }

  protected synced(): void {
    this.waiting = 0;
    this.syncFailure = undefined;
    this.lastSync = Date.now();
    this.homes = { ...this.homes, server: { state: "ok", waiting: 0 } };
    this.changed();
  }
}

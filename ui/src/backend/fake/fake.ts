import type {
  AddRequest, Backend, Copied, CreateRequest, Detail, EditRequest, FilePurpose, Habits, KitRequest, Kits, Listing, NewField, Notice, Overview, Past, Progress, ProviderInfo, Recognised, RecoveryRequest,
  Said, Saved, Status, SyncReport, SyncRequest, Using,
} from "../backend";
import { PROVIDERS, recognised } from "./catalogue";
import { listingOf, lastFour, now, since, usedBy, verifiable, versionId, type Kept, type Service, type Version } from "./kept";

export type { Kept, Version } from "./kept";

export const PRIMARY_FIELD = "secret";

/** A vault in memory with the manners of the real one: the same codes, the same rules on names, the same events. */
export class FakeBackend implements Backend {
  readonly kept = new Map<string, Kept>();
  readonly calls: { command: string; args: unknown[] }[] = [];
  clipboard = "";
  /** The code that every command fails with until it is unlocked. */
  locked: "LOCKED" | "PASSWORD_NEEDED" | "NEW_PASSWORD_NEEDED" | undefined;
  told: Notice[] = [];
  server: string | undefined;
  lastSync: number | undefined;
  waiting = 0;
  alarms: string[] = [];
  syncFailure: string | undefined;
  homes: Status["homes"] = { keychain: { state: "ok", waiting: 0 }, cache: { state: "ok", waiting: 0 }, server: { state: "not_set_up", waiting: 0 } };
  password = "correct horse";
  recovery = "keymoor recovery\n\n 1 anchor   2 basin   3 cedar\n 4 delta    5 ember   6 fjord\n 7 grove    8 harbor  9 island\n10 jetty   11 kelp   12 lagoon\n";
  habits: Habits = { onSave: true, inBackground: true };
  /** What providers say of each key from now on: by its secret, or else that it is accepted. */
  readonly says = new Map<string, Partial<Said>>();
  /** What keys are used for. */
  services: Service[] = [];
  /** How old keys may become, in days. */
  policy: number | undefined;
  /** Milliseconds until a provider answers. Nothing is asked after a save without it. */
  answersAfter: number | undefined;
  readonly #verifying = new Set<string>();
  /** Before the command that runs. */
  #usedBefore: Using[] = [];
  /** Milliseconds each command takes. */
  delay = 0;
  #failures: string[] = [];
  #listeners = new Set<() => void>();
  #waiters = new Set<() => void>();
  #watchers = new Set<(progress: Progress | undefined) => void>();
  #ids = 0;

  /** The next command fails with this code. */
  failNext(code: string): void {
    this.#failures.push(code);
  }

  /** As another program would: changes the vault and lets the window know. */
  changedElsewhere(change: (kept: Map<string, Kept>) => void): void {
    change(this.kept);
    this.#changed();
  }

  async show(id: string): Promise<Detail> {
    await this.#command("show", id);
    const kept = this.#get(id);
    return {
      ...this.#listing(kept),
      verifiable: verifiable(kept),
      goodAt: kept.goodAt,
      identity: kept.identity,
      tried: kept.tried,
      expiresAsSet: now(kept).expires,
      since: since(kept),
      fields: now(kept).fields.map(({ name, secret, value }) =>
        secret ? { name, secret, lastFour: lastFour(value), fingerprint: "3f9a 12c7" } : { name, secret, value },
      ),
      conflicts: kept.conflicts,
    };
  }

  async add(request: AddRequest): Promise<Saved> {
    await this.#command("add", request);
    const { provider, name, secret, labels, note, expires } = request;
    check(provider, name, [secret]);
    this.#unique(provider, name);
    const id = `id-${++this.#ids}`;
    const fields = [{ name: PRIMARY_FIELD, value: secret, secret: true }, ...request.fields];
    this.kept.set(id, { id, createdAt: Date.now(), trashed: false, conflicts: [], versions: [{ at: Date.now(), name, provider, labels, note, fields, expires }] });
    this.#askAfterSave(id);
    return this.#saved(id);
  }

  async edit(id: string, change: EditRequest): Promise<Saved> {
    await this.#command("edit", id, change);
    const kept = this.#get(id);
    const before = now(kept);
    const secret = change.fields.some((field) => field.secret);
    const renewed = change.fields.some(({ name, value }) => before.fields.some((was) => was.secret && was.name === name && was.value !== value));
    const expires = change.expires === undefined ? (renewed ? undefined : before.expires) : change.expires || undefined;
    const next: Version = { ...before, ...defined(change), expires, off: change.on === undefined ? before.off : !change.on, at: Date.now(), fields: replaced(before.fields, change.fields) };
    check(next.provider, next.name, next.fields.filter((field) => field.secret).map((field) => field.value));
    this.#unique(next.provider, next.name, id);
    kept.versions.push(next);
    if (secret) {
      kept.said = kept.goodAt = kept.tried = undefined;
      this.#askAfterSave(id);
    }
    return { ...this.#saved(id), ...(change.on === undefined ? { services: [] } : {}) };
  }

  async verify(id: string): Promise<void> {
    await this.#command("verify", id);
    await this.#ask(id);
  }

  async catalogue(): Promise<ProviderInfo[]> {
    return PROVIDERS;
  }

  async recognise(secret: string, provider?: string): Promise<Recognised> {
    // Nothing that was planned to fail next: what is looked at by itself is not what the person does.
    this.calls.push({ command: "recognise", args: [secret, provider] });
    return recognised(secret, provider);
  }

  async setHabits(habits: Habits): Promise<void> {
    await this.#command("setHabits", habits);
    this.habits = habits;
    this.#changed();
  }

  async reveal(id: string, field: string): Promise<string> {
    await this.#command("reveal", id, field);
    return this.#field(id, field).value;
  }

  async copy(id: string, field: string): Promise<Copied> {
    await this.#command("copy", id, field);
    const { value } = this.#field(id, field);
    this.clipboard = value;
    setTimeout(() => {
      if (this.clipboard === value) this.clipboard = "";
    }, 30_000);
    return { seconds: 30 };
  }

  async trash(id: string, still?: string): Promise<Saved> {
    await this.#command("trash", id);
    this.#mustStillBe(id, still);
    const kept = this.#get(id);
    kept.trashed = true;
    kept.versions.push({ ...now(kept), at: Date.now() });
    return this.#saved(id);
  }

  async restore(id: string, still?: string): Promise<Saved> {
    await this.#command("restore", id);
    this.#mustStillBe(id, still);
    const kept = this.#get(id);
    this.#unique(now(kept).provider, now(kept).name, id);
    kept.trashed = false;
    kept.versions.push({ ...now(kept), at: Date.now() });
    return this.#saved(id);
  }

  async erase(id: string): Promise<void> {
    await this.#command("erase", id);
    this.#get(id);
    this.kept.delete(id);
    this.waiting += 1;
    this.#changed();
  }

  async history(id: string): Promise<Past[]> {
    await this.#command("history", id);
    const { versions } = this.#get(id);
    return versions
      .map((version, i) => ({
        id: versionId(i + 1),
        version: i + 1,
        alternate: false,
        savedAt: version.at,
        deleted: false,
        name: version.name,
        current: i === versions.length - 1,
        lastFour: lastFour(version.fields.find((field) => field.secret)?.value ?? ""),
      }))
      .reverse();
  }

  async revert(id: string, version: string, still?: string): Promise<Saved> {
    await this.#command("revert", id, version);
    this.#mustStillBe(id, still);
    const kept = this.#get(id);
    const past = kept.versions.find((_, i) => versionId(i + 1) === version);
    if (!past) throw failure("NOT_FOUND");
    kept.versions.push({ ...past, at: Date.now() });
    return this.#saved(id);
  }

  async settle(id: string, field: string, choice: string): Promise<Saved> {
    await this.#command("settle", id, field, choice);
    const kept = this.#get(id);
    const chosen = kept.conflicts.find((c) => c.field === field)?.choices.find((c) => c.key === choice);
    if (!chosen) throw failure("NOT_FOUND");
    if (field === "name" || field === "note") now(kept)[field] = chosen.summary;
    kept.conflicts = kept.conflicts.filter((c) => c.field !== field);
    return this.#saved(id);
  }

  async overview(ask: boolean): Promise<Overview> {
    await this.#command("overview", ask);
    return { listings: [...this.kept.values()].map((kept) => this.#listing(kept)), status: this.#status(), notices: this.told.splice(0), verifying: [...this.#verifying], habits: this.habits };
  }

  #askAfterSave(id: string): void {
    if (this.habits.onSave && this.answersAfter !== undefined && verifiable(this.#get(id))) void this.#ask(id);
  }

  async #ask(id: string): Promise<void> {
    this.#verifying.add(id);
    this.#changed();
    await new Promise((resolve) => setTimeout(resolve, this.answersAfter ?? 0));
    this.#verifying.delete(id);
    const kept = this.kept.get(id);
    if (kept) this.#heard(kept);
    this.#changed();
  }

  #heard(kept: Kept): void {
    const at = Date.now();
    const told = this.says.get(now(kept).fields.find((field) => field.secret)?.value ?? "") ?? {};
    const verdict = told.verdict ?? "valid";
    if (verdict === "indeterminate") {
      kept.tried = { at, reason: told.reason ?? "unreachable" };
      return;
    }
    kept.said = { verdict, at, ...told };
    kept.tried = undefined;
    if (verdict.startsWith("valid")) {
      kept.goodAt = at;
      kept.identity = "ana@example.com";
    }
  }

  #listing(kept: Kept): Listing {
    return listingOf(kept, this.policy);
  }

  #status(): Status {
    const records = [...this.kept.values()].filter((kept) => !kept.trashed).length;
    const waiting = this.server ? this.waiting : 0;
    return { homes: { ...this.homes }, records, trashed: this.kept.size - records, waiting, lastSync: this.lastSync, server: this.server, alarms: this.alarms, syncFailure: this.syncFailure };
  }

  async syncNow(request: SyncRequest): Promise<SyncReport> {
    await this.#command("syncNow", request);
    if (!this.server) throw failure("NO_ACCOUNT");
    if (this.homes.server.state === "sign_in" && request.password !== this.password) throw failure(request.password === undefined ? "SIGN_IN" : "WRONG_PASSWORD");
    const pushed = this.waiting;
    this.#synced();
    return { pulled: 0, pushed, conflicts: 0, deleted: 0 };
  }

  async accountCreate(request: CreateRequest): Promise<Kits> {
    await this.#command("accountCreate", request);
    if (this.server) throw failure("ALREADY_SET_UP");
    this.password = request.password;
    this.server = request.server;
    this.#synced();
    return { kitPath: request.kitPath, recoveryPath: request.recoveryPath };
  }

  async revealRecovery(): Promise<string> {
    await this.#command("revealRecovery");
    return this.recovery;
  }

  async copyRecovery(): Promise<Copied> {
    await this.#command("copyRecovery");
    this.clipboard = this.recovery;
    return { seconds: 30 };
  }

  async accountJoin(request: KitRequest): Promise<SyncReport> {
    await this.#command("accountJoin", request);
    this.#openWith(request);
    this.server = "https://keys.example.net";
    this.#synced();
    return { pulled: this.kept.size, pushed: 0, conflicts: 0, deleted: 0 };
  }

  async unlockWithKit(request: KitRequest): Promise<void> {
    await this.#command("unlockWithKit", request);
    this.#openWith(request);
    this.locked = undefined;
    this.#changed();
  }

  async unlockWithRecovery(request: RecoveryRequest): Promise<void> {
    await this.#command("unlockWithRecovery", request);
    if (request.kitText !== undefined && request.kitText.trim() !== this.recovery.trim()) throw failure("KIT_DAMAGED");
    if (request.newPassword !== undefined) this.password = request.newPassword;
    this.locked = undefined;
    this.#changed();
  }

  async unlockWithPassword(password: string): Promise<void> {
    await this.#command("unlockWithPassword", password);
    if (this.locked === "NEW_PASSWORD_NEEDED") this.password = password;
    else if (password !== this.password) throw failure("WRONG_PASSWORD");
    this.locked = undefined;
    this.#changed();
  }

  async chooseFile(purpose: FilePurpose): Promise<string | undefined> {
    await this.#command("chooseFile", purpose);
    return purpose.endsWith("recovery") ? "/media/usb/keymoor-recovery.txt" : "/home/ana/keymoor-kit.txt";
  }

  async stopWaiting(): Promise<void> {
    await this.#command("stopWaiting");
  }

  onWaiting(callback: () => void): () => void {
    this.#waiters.add(callback);
    return () => this.#waiters.delete(callback);
  }

  /** As the keychain does when it asks its user for a password. */
  keychainWaits(): void {
    for (const waiter of this.#waiters) waiter();
  }

  onProgress(callback: (progress: Progress | undefined) => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /** As the sync in the background does when it takes longer, and once more, with nothing, when it is over. */
  goesOn(progress: Progress | undefined): void {
    for (const watcher of this.#watchers) watcher(progress);
  }

  /** As the sync in the background does: the state of the server changes by itself. */
  serverIs(state: Status["homes"]["server"]["state"], syncFailure?: string): void {
    this.homes = { ...this.homes, server: { state, waiting: this.waiting } };
    this.syncFailure = syncFailure;
    this.#changed();
  }

  onChanged(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  async #command(command: string, ...args: unknown[]): Promise<void> {
    this.calls.push({ command, args });
    this.#usedBefore = this.#used();
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    const planned = this.#failures.shift();
    if (planned) throw failure(planned);
    const worksLocked = ["unlockWithKit", "unlockWithRecovery", "unlockWithPassword", "chooseFile", "stopWaiting"];
    if (this.locked && !worksLocked.includes(command)) throw failure(this.locked);
  }

  #mustStillBe(id: string, still: string | undefined): void {
    if (still !== undefined && still !== versionId(this.#get(id).versions.length)) throw failure("CHANGED_MEANWHILE");
  }

  #get(id: string): Kept {
    const kept = this.kept.get(id);
    if (!kept) throw failure("NOT_FOUND");
    return kept;
  }

  #field(id: string, name: string): NewField {
    const fields = now(this.#get(id)).fields;
    const field = name === "" ? fields.find((f) => f.secret) : fields.find((f) => f.name === name);
    if (!field) throw failure("NOT_FOUND");
    return field;
  }

  #unique(provider: string, name: string, except?: string): void {
    for (const kept of this.kept.values()) {
      if (kept.id !== except && !kept.trashed && now(kept).provider === provider && now(kept).name === name) throw failure("NAME_TAKEN");
    }
  }

  #openWith(request: KitRequest): void {
    if (request.kitText !== undefined && !request.kitText.startsWith("keymoor")) throw failure("KIT_DAMAGED");
    if (request.password !== this.password) throw failure("WRONG_PASSWORD");
  }

  #saved(id: string): Saved {
    this.waiting += 1;
    const services = this.#usedOtherwise(); // before anybody reads anew
    this.#changed();
    return { id, version: this.#get(id).versions.length, versionId: versionId(this.#get(id).versions.length), changed: true, settled: [], keychain: this.homes.keychain.state === "ok" ? "yes" : "failed", waiting: this.waiting, services };
  }

  #used(): Using[] {
    return this.services.map((service) => usedBy(service, [...this.kept.values()]));
  }

  #usedOtherwise(): Using[] {
    return this.#used().filter((using, i) => JSON.stringify(using) !== JSON.stringify(this.#usedBefore[i]));
  }

  #synced(): void {
    this.waiting = 0;
    this.syncFailure = undefined;
    this.lastSync = Date.now();
    this.homes = { ...this.homes, server: { state: "ok", waiting: 0 } };
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function failure(code: string): { code: string; message: string } {
  return { code, message: code };
}

function check(provider: string, name: string, secrets: string[]): void {
  if (provider === "" || name === "" || name.length > 200) throw failure("INVALID_NAME");
  for (const secret of secrets) {
    if (secret === "") throw failure("EMPTY_SECRET");
    if (secret.includes("\0")) throw failure("INVALID_SECRET");
    if (new TextEncoder().encode(secret).length > 65_536) throw failure("SECRET_TOO_LARGE");
  }
}

function replaced(fields: NewField[], changes: NewField[]): NewField[] {
  const kept = fields.map((field) => changes.find((change) => change.name === field.name) ?? field);
  return [...kept, ...changes.filter((change) => !fields.some((field) => field.name === change.name))];
}

function defined({ name, labels, note }: EditRequest): Partial<Version> {
  return Object.fromEntries(Object.entries({ name, labels, note }).filter(([, value]) => value !== undefined));
}

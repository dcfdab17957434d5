import type { AddRequest, Copied, Detail, EditRequest, Habits, Listing, NewField, Past, ProviderInfo, Recognised, Said, Saved, Status, Using } from "../backend";
import { PROVIDERS, recognised } from "./catalogue";
import { check, defined, failure, replaced } from "./checks";
import { FakeSystem } from "./system";
import { listingOf, lastFour, now, since, usedBy, verifiable, versionId, type Kept, type Service, type Version } from "./kept";

export const PRIMARY_FIELD = "secret";

/** What the fake does with keys: it keeps every version, and providers say of them what a test wants. */
export class FakeKeys extends FakeSystem {
  readonly kept = new Map<string, Kept>();
  clipboard = "";
  waiting = 0;
  homes: Status["homes"] = { keychain: { state: "ok", waiting: 0 }, cache: { state: "ok", waiting: 0 }, server: { state: "not_set_up", waiting: 0 } };
  habits: Habits = { onSave: true, inBackground: true };
  /** What providers say of each key from now on: by its secret, or else that it is accepted. */
  readonly says = new Map<string, Partial<Said>>();
  /** What keys are used for. */
  services: Service[] = [];
  /** How old keys may become, in days. */
  policy: number | undefined;
  /** Milliseconds until a provider answers. Nothing is asked after a save without it. */
  answersAfter: number | undefined;
  protected readonly verifying = new Set<string>();
  protected ids = 0;
  /** Before the command that runs. */
  protected usedBefore: Using[] = [];

  /** As another program would: changes the vault and lets the window know. */
  changedElsewhere(change: (kept: Map<string, Kept>) => void): void {
    change(this.kept);
    this.changed();
  }

  async show(id: string): Promise<Detail> {
    await this.command("show", id);
    const kept = this.get(id);
    return {
      ...this.listing(kept),
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
    await this.command("add", request);
    const { provider, name, secret, labels, note, expires } = request;
    check(provider, name, [secret]);
    this.unique(provider, name);
    const id = `id-${++this.ids}`;
    const fields = [{ name: PRIMARY_FIELD, value: secret, secret: true }, ...request.fields];
    this.kept.set(id, { id, createdAt: Date.now(), trashed: false, conflicts: [], versions: [{ at: Date.now(), name, provider, labels, note, fields, expires }] });
    this.askAfterSave(id);
    return this.saved(id);
  }

  async edit(id: string, change: EditRequest): Promise<Saved> {
    await this.command("edit", id, change);
    const kept = this.get(id);
    const before = now(kept);
    const secret = change.fields.some((field) => field.secret);
    const renewed = change.fields.some(({ name, value }) => before.fields.some((was) => was.secret && was.name === name && was.value !== value));
    const expires = change.expires === undefined ? (renewed ? undefined : before.expires) : change.expires || undefined;
    const next: Version = { ...before, ...defined(change), expires, off: change.on === undefined ? before.off : !change.on, at: Date.now(), fields: replaced(before.fields, change.fields) };
    check(next.provider, next.name, next.fields.filter((field) => field.secret).map((field) => field.value));
    this.unique(next.provider, next.name, id);
    kept.versions.push(next);
    if (secret) {
      kept.said = kept.goodAt = kept.tried = undefined;
      this.askAfterSave(id);
    }
    return { ...this.saved(id), ...(change.on === undefined ? { services: [] } : {}) };
  }

  async verify(id: string): Promise<void> {
    await this.command("verify", id);
    await this.ask(id);
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
    await this.command("setHabits", habits);
    this.habits = habits;
    this.changed();
  }

  async reveal(id: string, field: string): Promise<string> {
    await this.command("reveal", id, field);
    return this.field(id, field).value;
  }

  async copy(id: string, field: string): Promise<Copied> {
    await this.command("copy", id, field);
    const { value } = this.field(id, field);
    this.clipboard = value;
    setTimeout(() => {
      if (this.clipboard === value) this.clipboard = "";
    }, 30_000);
    return { seconds: 30 };
  }

  async trash(id: string, still?: string): Promise<Saved> {
    await this.command("trash", id);
    this.mustStillBe(id, still);
    const kept = this.get(id);
    kept.trashed = true;
    kept.versions.push({ ...now(kept), at: Date.now() });
    return this.saved(id);
  }

  async restore(id: string, still?: string): Promise<Saved> {
    await this.command("restore", id);
    this.mustStillBe(id, still);
    const kept = this.get(id);
    this.unique(now(kept).provider, now(kept).name, id);
    kept.trashed = false;
    kept.versions.push({ ...now(kept), at: Date.now() });
    return this.saved(id);
  }

  async erase(id: string): Promise<void> {
    await this.command("erase", id);
    this.get(id);
    this.kept.delete(id);
    this.waiting += 1;
    this.changed();
  }

  async history(id: string): Promise<Past[]> {
    await this.command("history", id);
    const { versions } = this.get(id);
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
    await this.command("revert", id, version);
    this.mustStillBe(id, still);
    const kept = this.get(id);
    const past = kept.versions.find((_, i) => versionId(i + 1) === version);
    if (!past) throw failure("NOT_FOUND");
    kept.versions.push({ ...past, at: Date.now() });
    return this.saved(id);
  }

  async settle(id: string, field: string, choice: string): Promise<Saved> {
    await this.command("settle", id, field, choice);
    const kept = this.get(id);
    const chosen = kept.conflicts.find((c) => c.field === field)?.choices.find((c) => c.key === choice);
    if (!chosen) throw failure("NOT_FOUND");
    if (field === "name" || field === "note") now(kept)[field] = chosen.summary;
    kept.conflicts = kept.conflicts.filter((c) => c.field !== field);
    return this.saved(id);
  }

  protected askAfterSave(id: string): void {
    if (this.habits.onSave && this.answersAfter !== undefined && verifiable(this.get(id))) void this.ask(id);
  }

  protected async ask(id: string): Promise<void> {
    this.verifying.add(id);
    this.changed();
    await new Promise((resolve) => setTimeout(resolve, this.answersAfter ?? 0));
    this.verifying.delete(id);
    const kept = this.kept.get(id);
    if (kept) this.heard(kept);
    this.changed();
  }

  protected heard(kept: Kept): void {
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

  protected listing(kept: Kept): Listing {
    return listingOf(kept, this.policy);
  }

  protected mustStillBe(id: string, still: string | undefined): void {
    if (still !== undefined && still !== versionId(this.get(id).versions.length)) throw failure("CHANGED_MEANWHILE");
  }

  protected get(id: string): Kept {
    const kept = this.kept.get(id);
    if (!kept) throw failure("NOT_FOUND");
    return kept;
  }

  protected field(id: string, name: string): NewField {
    const fields = now(this.get(id)).fields;
    const field = name === "" ? fields.find((f) => f.secret) : fields.find((f) => f.name === name);
    if (!field) throw failure("NOT_FOUND");
    return field;
  }

  protected unique(provider: string, name: string, except?: string): void {
    for (const kept of this.kept.values()) {
      if (kept.id !== except && !kept.trashed && now(kept).provider === provider && now(kept).name === name) throw failure("NAME_TAKEN");
    }
  }

  protected override async command(command: string, ...args: unknown[]): Promise<void> {
    this.usedBefore = this.used();
    await super.command(command, ...args);
  }

  protected used(): Using[] {
    return this.services.map((service) => usedBy(service, [...this.kept.values()]));
  }

  protected usedOtherwise(): Using[] {
    return this.used().filter((using, i) => JSON.stringify(using) !== JSON.stringify(this.usedBefore[i]));
  }

  protected saved(id: string): Saved {
    this.waiting += 1;
    const services = this.usedOtherwise(); // before anybody reads anew
    this.changed();
    return { id, version: this.get(id).versions.length, versionId: versionId(this.get(id).versions.length), changed: true, settled: [], keychain: this.homes.keychain.state === "ok" ? "yes" : "failed", waiting: this.waiting, services };
  }
}

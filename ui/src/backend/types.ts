// Written from src-tauri/src by `KEYMOOR_WRITE_TYPES=1 cargo test -p keymoor-desktop types`. Do not edit.

export type ActivityDay = { 
/**
 * When it begins, in UTC, milliseconds since 1970.
 */
at: number, total: number, failed: number, };
export type ActivityEvent = { event: EventCode, id?: string, name?: string, field?: string, copied?: boolean, program?: string, verdict?: string, why?: string, done?: boolean, service?: string, credential?: string, settings?: Array<string>, policy?: string, days?: number, pulled?: number, pushed?: number, deleted?: number, count?: number, alarm?: string, from?: string, erased?: boolean, here?: boolean, records?: number, path?: string, taken?: number, whole?: boolean, scope?: string, limited?: boolean, server?: string, };
export type ActivityPage = { entries: Array<Happened>, 
/**
 * Whether there are older ones.
 */
more: boolean, };
export type ActivityRequest = { 
/**
 * At this moment or later, milliseconds since 1970.
 */
since?: number, 
/**
 * Earlier than this.
 */
until?: number, 
/**
 * Of one key, by its id.
 */
key?: string, 
/**
 * What a program had done, or was lent.
 */
program?: string, 
/**
 * `cli`, `window` or `program`.
 */
by?: string, 
/**
 * The code of what happened.
 */
event?: EventCode, 
/**
 * Only what went wrong.
 */
failed: boolean, 
/**
 * At most so many, the newest.
 */
limit: number, };
export type AddRequest = { provider: string, name: string, secret: string, fields: Array<NewField>, labels: Array<string>, note?: string, 
/**
 * Whether it is used only where no other key of its provider is.
 */
fallback?: boolean, 
/**
 * Milliseconds since 1970.
 */
expires?: number, };
export type Care = { kind: string, 
/**
 * When it expires, or since when it has had its secret.
 */
at?: number, 
/**
 * What a policy allows, in days.
 */
days?: number, };
export type Changed = { what: string, 
/**
 * Which field.
 */
field?: string, };
export type CheckState = "connected" | "error" | "disabled" | "unchecked" | "unreadable";
export type Choice = { key: string, shown: boolean, summary: string, 
/**
 * Whether it was written on this device.
 */
here: boolean, 
/**
 * When, if that is known.
 */
at?: number, };
export type Conflict = { field: string, choices: Array<Choice>, };
export type Copied = { seconds: number, };
export type CopyForm = "environment" | "json" | "curl";
export type Counts = { 
/**
 * Services in use.
 */
services: number, 
/**
 * Devices that are known, this one among them.
 */
devices: number, };
export type CreateRequest = { server: string, password: string, kitPath: string, recoveryPath: string, };
export type Detail = { 
/**
 * Whether the provider can be asked about it.
 */
verifiable: boolean, 
/**
 * When it was accepted last.
 */
goodAt?: number, 
/**
 * When the user said that it expires.
 */
expiresAsSet?: number, 
/**
 * Since when it has had its secret.
 */
since: number, fields: Array<ShownField>, conflicts: Array<Conflict>, 
/**
 * The variables in which programs look for its fields.
 */
environment: Array<string>, 
/**
 * As what texts it can be copied.
 */
forms: Array<CopyForm>, 
/**
 * Whether its copy in the keychain is still to be written.
 */
mirrorBehind: boolean, 
/**
 * When each device last showed, copied or lent its secrets, the newest first.
 */
used: Array<Used>, 
/**
 * The services that use it now, as people write them.
 */
services: Array<string>, id: string, provider: string, name: string, display: string, labels: Array<string>, note?: string, lastFour?: string, status: CheckState, 
/**
 * What the provider said last, in stable words.
 */
said?: Said, 
/**
 * The last attempt, if it learned nothing.
 */
tried?: Tried, 
/**
 * Whose key it is, in the provider's words.
 */
identity?: string, 
/**
 * When any device last showed or copied it.
 */
lastUsed?: number, care: Array<Care>, expires?: number, on: boolean, fallback: boolean, alternates: number, createdAt: number, updatedAt: number, version: number, versionId: string, trashed: boolean, waiting: boolean, };
export type DeviceInfo = { id: string, 
/**
 * Whether it is this one.
 */
here: boolean, 
/**
 * What its computer is called; left out where it did not say.
 */
name?: string, 
/**
 * `linux`, `macos`, `windows` or another word of its system.
 */
platform?: string, 
/**
 * When it was heard of last, by its own clock, milliseconds since 1970.
 */
seen?: number, 
/**
 * For how many keys it holds what their provider said.
 */
verified: number, };
export type EditRequest = { name?: string, labels?: Array<string>, 
/**
 * Labels beside those that are there.
 */
addLabels?: Array<string>, 
/**
 * Labels to take away; the others stay.
 */
removeLabels?: Array<string>, note?: string, fields: Array<NewField>, 
/**
 * Whether services and programs may use it.
 */
on?: boolean, 
/**
 * Whether it is used only where no other key of its provider is.
 */
fallback?: boolean, 
/**
 * When it expires, milliseconds since 1970; 0: nothing is said of that any more.
 */
expires?: number, };
export type EventCode = "added" | "edited" | "deleted" | "restored" | "reverted" | "settled" | "rotated" | "revoked" | "service_enabled" | "service_disabled" | "service_set" | "policy_set" | "policy_removed" | "erased" | "deleted_elsewhere" | "erased_elsewhere" | "only_trashed" | "revealed" | "lent" | "verified" | "synced" | "conflict" | "conflict_over" | "forgotten" | "alarm" | "alarm_over" | "healed" | "quarantined" | "back" | "cache_rebuilt" | "cache_set_aside" | "cache_was_older" | "granted" | "grant_revoked" | "signed_in" | "account_created" | "joined" | "password_waits" | "password_changed" | "linked" | "activity_broken" | "unknown";
export type Failure = { code: string, message: string, };
export type FieldInfo = { 
/**
 * What it is called in a credential.
 */
name: string, label: string, help?: string, secret: boolean, 
/**
 * Whether the credential is of no use without it.
 */
required: boolean, 
/**
 * Whether it is the one that a pasted secret goes into.
 */
first: boolean, };
export type FilePurpose = "save-kit" | "save-recovery" | "open-kit" | "open-recovery";
export type FoundInfo = { provider: string, fields: Array<string>, };
export type Habits = { onSave: boolean, inBackground: boolean, };
export type Happened = { 
/**
 * Milliseconds since 1970.
 */
at: number, 
/**
 * Who had it done: `cli`, `window` or `program`; left out for what the vault does by itself.
 */
by?: string, 
/**
 * Which program.
 */
asker?: string, 
/**
 * The key that it is about.
 */
key?: string, 
/**
 * Whether it says that something went wrong.
 */
failed: boolean, event: ActivityEvent, };
export type Home = { state: HomeState, waiting: number, };
export type HomeState = "ok" | "off" | "behind" | "not_set_up" | "sign_in" | "unreachable" | "locked" | "damaged";
export type Homes = { keychain: Home, cache: Home, server: Home, };
export type Kept = "yes" | "off" | "failed";
export type KitRequest = { kitText?: string, kitPath?: string, password: string, };
export type Kits = { kitPath: string, 
/**
 * Left out when the recovery kit made before stays good.
 */
recoveryPath?: string, };
export type Language = "en" | "es";
export type Listing = { id: string, provider: string, name: string, display: string, labels: Array<string>, note?: string, lastFour?: string, status: CheckState, 
/**
 * What the provider said last, in stable words.
 */
said?: Said, 
/**
 * The last attempt, if it learned nothing.
 */
tried?: Tried, 
/**
 * Whose key it is, in the provider's words.
 */
identity?: string, 
/**
 * When any device last showed or copied it.
 */
lastUsed?: number, care: Array<Care>, expires?: number, on: boolean, fallback: boolean, alternates: number, createdAt: number, updatedAt: number, version: number, versionId: string, trashed: boolean, waiting: boolean, };
export type NewField = { name: string, value: string, secret: boolean, };
export type NewSetting = { key: string, value: string, };
export type Notice = { code: string, records?: number, };
export type Notification = { 
/**
 * What it tells of; it is shown if one of these was not told before.
 */
keys: Array<string>, title: string, body: string, };
export type Outcome = { id: string, verdict?: string, 
/**
 * Why, where it was not the provider that said so.
 */
reason?: string, code?: string, };
export type Overview = { listings: Array<Listing>, status: Status, 
/**
 * What the vault did by itself; each is told once.
 */
notices: Array<Notice>, 
/**
 * The ids of those that providers are being asked about.
 */
verifying: Array<string>, habits: Habits, counts: Counts, };
export type Past = { id: string, version: number, 
/**
 * Whether it is a value that the version has and does not show: the other one of a conflict.
 */
alternate: boolean, savedAt: number, deleted: boolean, current: boolean, name: string, lastFour?: string, 
/**
 * What is other than in the version before it; empty where that one is not kept.
 */
changed: Array<Changed>, 
/**
 * Whether it was made on this device, as far as that is known.
 */
here: boolean, };
export type Preferences = { 
/**
 * Left out: the system's.
 */
language?: Language, theme: Theme, 
/**
 * How long a copied secret stays in the clipboard.
 */
clipboardSeconds: number, 
/**
 * The keys that open the picker from anywhere, as `Ctrl+Alt+K`; empty: none do.
 */
shortcut: string, 
/**
 * Whether the program goes on when its window is closed.
 */
stays: boolean, };
export type Problem = "checksum" | "shape" | "characters" | "foreign_host";
export type Progress = { step: Step, done: number, total: number, };
export type ProviderInfo = { id: string, name: string, 
/**
 * Two letters that stand for it.
 */
monogram: string, 
/**
 * Where a key is made and revoked.
 */
console?: string, 
/**
 * In the order of its form.
 */
fields: Array<FieldInfo>, };
export type Recognised = { "kind": "certain", found: FoundInfo, } | { "kind": "candidates", found: Array<FoundInfo>, } | { "kind": "typo", found: FoundInfo, problem: Problem, } | { "kind": "another", found: FoundInfo, } | { "kind": "several", found: Array<FoundInfo>, } | { "kind": "unknown" } | { "kind": "sample" };
export type RecoveryRequest = { kitText?: string, kitPath?: string, newPassword?: string, };
export type Said = { 
/**
 * `valid`, `valid_limited`, `invalid`, `expired`, `disabled` or `invalid_config`.
 */
verdict: string, 
/**
 * Why, where it was not the provider that said so.
 */
reason?: string, 
/**
 * The field that this is about.
 */
field?: string, 
/**
 * The catalogue's words for this answer.
 */
say?: string, at: number, };
export type Saved = { id: string, version: number, versionId: string, 
/**
 * Whether anything is other than before.
 */
changed: boolean, 
/**
 * Fields of which this action made one of two devices' values the only one.
 */
settled: Array<string>, keychain: Kept, waiting: number, 
/**
 * The services that use another credential since, or none.
 */
services: Array<Using>, };
export type ServiceConflict = { field: string, 
/**
 * The one in use first.
 */
values: Array<string>, };
export type ServiceInfo = { id: string, 
/**
 * As people write it.
 */
name: string, 
/**
 * The providers whose keys it takes.
 */
accepts: Array<string>, 
/**
 * Whether it was ever set up.
 */
known: boolean, on: boolean, 
/**
 * What it uses now, if it is on.
 */
uses?: UsedKey, 
/**
 * Why it uses none, although it is on.
 */
whyNone?: WhyNone, 
/**
 * The key that was chosen for it, in use or not, if it is there.
 */
chosen?: string, settings: Array<SettingInfo>, 
/**
 * Settings without which it is of no use.
 */
missing: Array<string>, 
/**
 * What two devices set unseen of each other.
 */
conflicts: Array<ServiceConflict>, };
export type ServiceTested = { uses: UsedKey, 
/**
 * As in `Said`, and `indeterminate` where nothing was learned.
 */
verdict: string, 
/**
 * Why, where it was not the provider that said so.
 */
reason?: string, 
/**
 * The field that this is about.
 */
field?: string, 
/**
 * The catalogue's words for this answer.
 */
say?: string, 
/**
 * Whose it is, in the provider's words.
 */
identity?: string, };
export type Services = { services: Array<ServiceInfo>, templates: Array<TemplateInfo>, };
export type SettingInfo = { key: string, label: string, help?: string, required: boolean, 
/**
 * Taken where it is left empty.
 */
default?: string, value?: string, };
export type Settings = { 
/**
 * Whether it starts with the session, in the tray.
 */
autostart: boolean, 
/**
 * Whether the system lets the program have the shortcut.
 */
shortcutWorks: boolean, 
/**
 * Left out: the system's.
 */
language?: Language, theme: Theme, 
/**
 * How long a copied secret stays in the clipboard.
 */
clipboardSeconds: number, 
/**
 * The keys that open the picker from anywhere, as `Ctrl+Alt+K`; empty: none do.
 */
shortcut: string, 
/**
 * Whether the program goes on when its window is closed.
 */
stays: boolean, };
export type ShownField = { name: string, secret: boolean, value?: string, lastFour?: string, fingerprint?: string, };
export type Status = { homes: Homes, records: number, trashed: number, waiting: number, lastSync?: number, server?: string, alarms: Array<string>, 
/**
 * The code of what the last sync failed with, also one in the background; left out after one that went through.
 */
syncFailure?: string, };
export type Step = "receiving" | "sending" | "copying";
export type SyncReport = { pulled: number, pushed: number, conflicts: number, deleted: number, };
export type SyncRequest = { password?: string, acceptDeletions: boolean, };
export type TemplateInfo = { id: string, name: string, 
/**
 * What it is for, in a sentence.
 */
about: string, services: Array<string>, };
export type Theme = "system" | "light" | "dark";
export type Tray = { 
/**
 * Keys that can be copied, in their order.
 */
keys: Array<TrayKey>, 
/**
 * The words for opening the window, adding a key, ending the program.
 */
open: string, add: string, quit: string, };
export type TrayKey = { id: string, label: string, };
export type Tried = { at: number, reason: string, };
export type Used = { device: string, at: number, 
/**
 * Whether it is this one.
 */
here: boolean, };
export type UsedKey = { id: string, provider: string, name: string, fallback: boolean, 
/**
 * The own key that was chosen and cannot be used: `provider/name`.
 */
insteadOf?: string, };
export type Using = { 
/**
 * As people write it.
 */
service: string, 
/**
 * `provider/name`, if it uses any.
 */
uses?: string, 
/**
 * Whether that is a fallback.
 */
fallback: boolean, 
/**
 * It uses none, because these could be meant.
 */
which: Array<string>, };
export type VerifiedSoFar = { done: number, total: number, };
export type WhyNone = { "kind": "nothing" } | { "kind": "which", keys: Array<string>, } | { "kind": "unreadable", id: string, };

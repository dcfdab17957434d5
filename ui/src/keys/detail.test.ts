import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import type { NewField } from "../backend/backend";
import { FakeBackend, type Kept } from "../backend/fake/fake";
import { openWindow, request, row, SECRET } from "../test/window";

const DAY = 86_400_000;
const details = () => screen.getByRole("complementary", { name: "Details" });
const card = () => screen.findByRole("region", { name: "Status" });
const fact = (name: string) => within(details()).getByText(name, { selector: "dt" }).nextElementSibling;

/** A window over one key, which `change` made what a test needs. */
async function withKey(more: Parameters<typeof request>[1] = {}, change: (kept: Kept) => void = () => undefined, backend = new FakeBackend()) {
  await backend.add(request("work", more));
  change(backend.kept.get("id-1") as Kept);
  const opened = await openWindow([], backend);
  await row("work");
  await card();
  return opened;
}

it("copies the whole key as a text, through the shell alone", async () => {
  const { user, backend } = await withKey({ fields: [{ name: "project", value: "proj_1", secret: false }] });
  await user.click(screen.getByRole("button", { name: "Copy all fields as lines of an environment" }));
  expect(await screen.findByText(/^Environment lines copied\. The clipboard is cleared in 30 seconds/)).toBeVisible();
  expect(backend.clipboard).toBe(`OPENAI_API_KEY=${SECRET}\nOPENAI_PROJECT_ID=proj_1`);
  await user.click(screen.getByRole("button", { name: "Copy all fields as JSON" }));
  await user.click(screen.getByRole("button", { name: "Copy the provider’s own check as a curl command" }));
  await waitFor(() => expect(backend.calls.filter((call) => call.command === "copyAs").map((call) => call.args)).toEqual([["id-1", "environment"], ["id-1", "json"], ["id-1", "curl"]]));
  expect(backend.calls.some((call) => call.command === "reveal")).toBe(false);
  expect(document.body.innerHTML).not.toContain(SECRET);
});

it("offers only the texts that there are, and says when one is none after all", async () => {
  const { user, backend } = await withKey({ provider: "nobody" });
  expect(screen.queryByRole("button", { name: /environment|curl/ })).toBeNull();
  backend.failNext("NO_SUCH_TEXT");
  await user.click(screen.getByRole("button", { name: "Copy all fields as JSON" }));
  expect(await screen.findByText("This key cannot be copied like that.")).toBeVisible();
});

it("shows the fields in the order of the provider's form, under its names", async () => {
  const fields: NewField[] = [{ name: "own", value: "x", secret: false }, { name: "region", value: "eu-west-1", secret: false }, { name: "secret_access_key", value: "invented", secret: true }, { name: "access_key_id", value: "AKIA1", secret: false }];
  await withKey({ provider: "aws" }, (kept) => (kept.versions[0] = { ...(kept.versions[0] as Kept["versions"][0]), fields }));
  const names = ["Access key ID", "Secret access key", "Region", "Own"];
  await screen.findByText("Access key ID");
  const shown = [...details().querySelectorAll("p")].map((p) => p.textContent).filter((text) => names.includes(text));
  expect(shown).toEqual(names);
  expect(screen.getByRole("button", { name: "Show Secret access key" })).toBeVisible();
});

it("shows many fields when they are asked for, and reaches what scrolls by keyboard", async () => {
  const fields = Array.from({ length: 29 }, (_, i) => ({ name: `part ${i}`, value: "v".repeat(i === 0 ? 60_000 : 3), secret: false }));
  const { user } = await withKey({ fields });
  expect(screen.queryByText("Part 20")).toBeNull();
  expect(screen.getByText("v".repeat(60_000))).toHaveAttribute("tabindex", "0");
  await user.click(screen.getByRole("button", { name: "Show 22 more fields" }));
  expect(screen.getByText("Part 28")).toBeVisible();
  expect(screen.queryByRole("button", { name: /more field/ })).toBeNull();
});

it("says that the provider is being asked, and stops waiting", async () => {
  const { user, backend } = await withKey();
  backend.answersAfter = 5_000;
  await user.click(within(await card()).getByRole("button", { name: "Verify now" }));
  await waitFor(async () => expect(await card()).toHaveTextContent("Asking OpenAI…"));
  await user.click(within(await card()).getByRole("button", { name: "Stop verifying" }));
  await waitFor(async () => expect(await card()).not.toHaveTextContent("Asking"));
  expect(backend.calls.some((call) => call.command === "stopAsking" && call.args[0] === "id-1")).toBe(true);
  expect(within(await card()).getByRole("button", { name: "Verify now" })).toBeVisible();
});

it("says where a new key is made once this one is refused, and copies the address", async () => {
  const { user, backend } = await withKey();
  expect(await card()).not.toHaveTextContent("platform.openai.com");
  backend.says.set(SECRET, { verdict: "invalid", say: "token revoked" });
  await user.click(within(await card()).getByRole("button", { name: "Verify now" }));
  await waitFor(async () => expect(await card()).toHaveTextContent("Make a new one at platform.openai.com/api-keys"));
  await user.click(within(await card()).getByRole("button", { name: "Copy the address" }));
  await waitFor(() => expect(backend.clipboard).toBe("https://platform.openai.com/api-keys"));
  expect(await screen.findByText("Address copied")).toBeVisible();
});

it("says what a key is used for, when, where, and under which names", async () => {
  const backend = new FakeBackend();
  backend.services = [{ name: "notebook", provider: "OpenAI" }, { name: "mail", provider: "Sendgrid" }];
  await withKey({}, (kept) => (kept.used = [{ device: "other", at: Date.now() - 40 * DAY, here: false }]), backend);
  expect(fact("Used by")).toHaveTextContent(/^notebook$/);
  expect(fact("Last used")).toHaveTextContent(/on another device$/);
  expect(fact("Environment")).toHaveTextContent("OPENAI_API_KEY");
  expect(fact("Expires")).toHaveTextContent(/^never/);
  backend.changedElsewhere((kept) => ((kept.get("id-1") as Kept).used = [{ device: "here", at: Date.now(), here: true }]));
  await waitFor(() => expect(fact("Last used")).toHaveTextContent(/^today, .*, on this device$/));
});

it("says that nothing uses it yet", async () => {
  await withKey({ provider: "nobody" });
  expect(fact("Used by")).toHaveTextContent("no service");
  expect(fact("Last used")).toHaveTextContent("not yet");
  expect(screen.queryByText("Environment", { selector: "dt" })).toBeNull();
});

it("sets and clears on the spot when a key expires, and takes that back", async () => {
  const { user, backend } = await withKey();
  await user.click(screen.getByRole("button", { name: "Set when it expires" }));
  const field = await screen.findByLabelText("Expires on");
  expect(field).toHaveFocus();
  await user.type(field, "soon{Enter}");
  expect(await screen.findByText("Enter a date such as 2027-03-01.")).toBeVisible();
  await user.clear(field);
  await user.type(field, "2090-03-01{Enter}");
  await waitFor(() => expect(fact("Expires")).toHaveTextContent(/2090/));
  await user.keyboard("{Control>}z{/Control}");
  await waitFor(() => expect(fact("Expires")).toHaveTextContent(/^never/));
  await backend.edit("id-1", { fields: [], expires: Date.UTC(2090, 2, 1) });
  await user.click(await screen.findByRole("button", { name: "Change when it expires" }));
  await user.click(screen.getByRole("button", { name: "No date" }));
  await waitFor(() => expect(fact("Expires")).toHaveTextContent(/^never/));
  await user.click(screen.getByRole("button", { name: "Set when it expires" }));
  await user.keyboard("{Escape}");
  expect(screen.queryByLabelText("Expires on")).toBeNull();
});

it("keeps the date as it is typed when it could not be saved", async () => {
  const { user, backend } = await withKey();
  await user.click(screen.getByRole("button", { name: "Set when it expires" }));
  backend.failNext("DISK_FULL");
  await user.type(await screen.findByLabelText("Expires on"), "2090-03-01{Enter}");
  expect(await screen.findByText("The disk is full.")).toBeVisible();
  expect(screen.getByLabelText("Expires on")).toHaveValue("2090-03-01");
});

it("says in which homes this key lies", async () => {
  const { backend } = await withKey({}, (kept) => (kept.mirrorBehind = true));
  const homes = () => screen.getByRole("region", { name: "Where this key lies" });
  expect(homes()).toHaveTextContent("In the cache. The keychain gets it when it answers. Sync is not set up.");
  expect(within(homes()).getByRole("img", { name: /keychain: catching up, cache: in order/ })).toBeVisible();
  backend.changedElsewhere((kept) => Object.assign(kept.get("id-1") as Kept, { mirrorBehind: false, waiting: true }));
  backend.serverIs("unreachable");
  await waitFor(() => expect(homes()).toHaveTextContent("In the keychain and in the cache. The server gets it with the next sync."));
  backend.changedElsewhere((kept) => Object.assign(kept.get("id-1") as Kept, { waiting: false }));
  backend.serverIs("ok");
  await waitFor(() => expect(homes()).toHaveTextContent("In the keychain, in the cache and on the server."));
});

it("shows both values of a conflict with whose they are, settles with one click, and takes that back", async () => {
  const choices = [{ key: "a", summary: "secret …aaaa", shown: true, here: true, at: Date.UTC(2026, 4, 3, 12) }, { key: "b", summary: "secret …bbbb", shown: false, here: false }];
  const { user, backend } = await withKey({}, (kept) => (kept.conflicts = [{ field: "secret", choices }]));
  const conflict = () => screen.getByRole("region", { name: /^API key: Two devices changed this/ });
  const [ours, theirs] = within(conflict()).getAllByRole("listitem");
  expect(ours).toHaveTextContent(/…aaaa.*From this device.*2026.*in use now/);
  expect(theirs).toHaveTextContent(/…bbbb.*From another device/);
  await user.click(within(conflict()).getByRole("button", { name: "Keep this one: secret …bbbb" }));
  await waitFor(() => expect(screen.queryByRole("region", { name: /Two devices/ })).toBeNull());
  expect(backend.calls.find((call) => call.command === "settle")?.args).toEqual(["id-1", "secret", "b"]);
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(conflict()).toBeVisible());
  expect(backend.calls.find((call) => call.command === "unsettle")?.args).toEqual(["id-1", "1-0000beef", "2-0000beef"]);
});

it("says in the history what each version changed, and where", async () => {
  const { user, backend } = await withKey();
  await backend.edit("id-1", { name: "job", labels: ["paid"], fields: [{ name: "secret", value: "sk-test-second-0000000000000Ab1", secret: true }] });
  backend.changedElsewhere((kept) => ((kept.get("id-1") as Kept).versions.push({ ...((kept.get("id-1") as Kept).versions[1] as Kept["versions"][0]), off: true, elsewhere: true })));
  await user.click(await screen.findByRole("button", { name: "History" }));
  const sheet = await screen.findByRole("dialog");
  const [third, second, first] = await within(sheet).findAllByRole("listitem");
  expect(third).toHaveTextContent("Switched off");
  expect(third).not.toHaveTextContent("on this device");
  expect(second).toHaveTextContent("Renamed, labels changed, API key changed");
  expect(second).toHaveTextContent("on this device");
  expect(first).toHaveTextContent("Added");
  expect(sheet.innerHTML).not.toContain("sk-test");
});

it("offers nothing in the trash that a key there cannot do", async () => {
  const { user } = await withKey({}, (kept) => (kept.mirrorBehind = false));
  await user.keyboard("{Delete}");
  await user.click(await screen.findByRole("button", { name: /^Trash/ }));
  expect(await screen.findByRole("button", { name: "Put back" })).toBeVisible();
  expect(screen.queryByRole("group", { name: "Copy as" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Set when it expires" })).toBeNull();
  expect(screen.queryByRole("region", { name: "Status" })).toBeNull();
});

import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, row, rowNames, SECRET } from "../test/window";

const DAY = 86_400_000;
const card = () => screen.findByRole("region", { name: "Status" });

/** A window over one key of OpenAI. */
async function withKey(more: Parameters<typeof request>[1] = {}) {
  const backend = new FakeBackend();
  await backend.add(request("work", more));
  const opened = await openWindow([], backend);
  await row("work");
  return opened;
}

it("asks the provider when the person wants to know, and shows it meanwhile", async () => {
  const { user, backend } = await withKey();
  expect(await row("work")).toHaveTextContent("Not checked");
  expect(await card()).toHaveTextContent("The provider was not asked about it yet.");
  backend.answersAfter = 50;
  await user.click(within(await card()).getByRole("button", { name: "Verify now" }));
  await waitFor(async () => expect(await row("work")).toHaveTextContent("Verifying…"));
  expect(within(await card()).queryByRole("button", { name: "Verify now" })).toBeNull();
  await waitFor(async () => expect(await row("work")).toHaveTextContent("Connected"));
  await waitFor(async () => expect(await card()).toHaveTextContent("OpenAI accepted it"));
  expect(screen.getByText("ana@example.com")).toBeVisible();
});

it("says what the provider said, when it was good last, and that it could not be asked since", async () => {
  const { user, backend } = await withKey();
  await user.click(within(await card()).getByRole("button", { name: "Verify now" }));
  await waitFor(async () => expect(await row("work")).toHaveTextContent("Connected"));
  backend.says.set(SECRET, { verdict: "invalid", say: "token revoked" });
  await user.click(within(await card()).getByRole("button", { name: "Verify now" }));
  await waitFor(async () => expect(await row("work")).toHaveTextContent("Refused: token revoked"));
  await waitFor(async () => expect(await card()).toHaveTextContent(/OpenAI answered .* It was accepted last on/));
  backend.says.set(SECRET, { verdict: "indeterminate", reason: "unreachable" });
  await user.click(within(await card()).getByRole("button", { name: "Verify now" }));
  await waitFor(async () => expect(await card()).toHaveTextContent(/Not checked since .*: no network\./));
  expect(await row("work")).toHaveTextContent("Refused: token revoked");
});

it("does not say that a provider answered which was not asked", async () => {
  const { user, backend } = await withKey();
  backend.says.set(SECRET, { verdict: "invalid_config", reason: "missing_field", field: "shop" });
  await user.click(within(await card()).getByRole("button", { name: "Verify now" }));
  await waitFor(async () => expect(await row("work")).toHaveTextContent("shop is empty; nothing was sent"));
  await waitFor(async () => expect(await card()).toHaveTextContent("The provider was not asked."));
  expect(await card()).not.toHaveTextContent("answered");
});

it("verifies what was saved, after the save was told", async () => {
  const { user, backend } = await openWindow();
  backend.answersAfter = 60;
  await user.keyboard("{Control>}n{/Control}");
  await user.click(await screen.findByLabelText("Secret"));
  await user.paste(SECRET);
  await user.type(screen.getByLabelText("Provider"), "OpenAI");
  await user.type(screen.getByLabelText("Name"), "fresh");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Saved on this device")).toBeVisible();
  expect(await row("fresh")).toHaveTextContent("Verifying…");
  await waitFor(async () => expect(await row("fresh")).toHaveTextContent("Connected"));
  expect(backend.calls.some((call) => call.command === "verify")).toBe(false);
});

it("gathers what needs care in one place, which the keyboard reaches", async () => {
  const { user, backend } = await withKey({ expires: Date.now() + 5.5 * DAY });
  await backend.add(request("quiet"));
  expect(await row("work")).toHaveTextContent("Expires in 5 days");
  const entry = screen.getByRole("button", { name: "Needs care 1" });
  entry.focus();
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("listbox", { name: "Needs care" })).toBeVisible();
  await waitFor(() => expect(rowNames()).toEqual(["work"]));
  expect(await card()).toHaveTextContent("Make a new one at the provider, then put it in with Edit.");
  await user.keyboard("{Control>}c{/Control}");
  expect(await screen.findByText(/clipboard is cleared/)).toBeVisible();
  await backend.edit("id-1", { fields: [], expires: 0 });
  expect(await screen.findByText("Nothing needs care")).toBeVisible();
});

it("tells a key that is older than wanted", async () => {
  const { backend } = await withKey();
  backend.policy = 90;
  backend.changedElsewhere((kept) => {
    for (const key of kept.values()) for (const version of key.versions) version.at = Date.now() - 100.5 * DAY;
  });
  await waitFor(async () => expect(await row("work")).toHaveTextContent("100 days old"));
  await waitFor(async () => expect(await card()).toHaveTextContent("You wanted to change it every 90 days."));
});

it("switches a key off and on again, and takes that back", async () => {
  const { user, backend } = await withKey();
  await user.click(await screen.findByRole("button", { name: "Switch off" }));
  expect(await screen.findByText("work is off")).toBeVisible();
  expect(await row("work")).toHaveTextContent("Off");
  await waitFor(async () => expect(await card()).toHaveTextContent("Services and programs do not use it."));
  await user.keyboard("{Control>}z{/Control}");
  await waitFor(async () => expect(await row("work")).toHaveTextContent("Not checked"));
  expect(backend.calls.filter((call) => call.command === "edit").map((call) => call.args[1])).toEqual([{ fields: [], on: false }, { fields: [], on: true }]);
});

it("sets, changes and takes away when a key expires", async () => {
  const { user, backend } = await withKey();
  const enter = async (text: string) => {
    await user.click(await screen.findByRole("button", { name: "Edit" }));
    const field = await screen.findByLabelText(/^Expires/);
    await user.clear(field);
    if (text !== "") await user.type(field, text);
    await user.click(screen.getByRole("button", { name: "Save" }));
  };
  await enter("next year");
  expect(await screen.findByText("Enter a date such as 2027-03-01.")).toBeVisible();
  expect(backend.calls.some((call) => call.command === "edit")).toBe(false);
  await user.clear(screen.getByLabelText(/^Expires/));
  await user.type(screen.getByLabelText(/^Expires/), "2020-03-01");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(async () => expect(await row("work")).toHaveTextContent(/Expired \d+ days ago/));
  expect(backend.calls.find((call) => call.command === "edit")?.args[1]).toEqual({ fields: [], expires: Date.UTC(2020, 2, 1, 23, 59, 59) });
  expect(await screen.findByText("Mar 1, 2020")).toBeVisible();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await enter("");
  await waitFor(async () => expect(await row("work")).toHaveTextContent("Not checked"));
});

it("does not carry the day of an old key over to a new one", async () => {
  const { user, backend } = await withKey({ expires: Date.UTC(2090, 0, 2) });
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  expect(await screen.findByLabelText(/^Expires/)).toHaveValue("2090-01-02");
  await user.type(screen.getByLabelText("New secret"), "sk-brand-new-key-000");
  expect(screen.getByLabelText(/^Expires/)).toHaveValue("");
  expect(screen.getByText(/The date was of the old key/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(backend.kept.get("id-1")?.versions).toHaveLength(2));
  expect(backend.kept.get("id-1")?.versions[1]?.expires).toBeUndefined();
});

it("says when there is no way to verify a key", async () => {
  const backend = new FakeBackend();
  await backend.add(request("odd", { provider: "nobody" }));
  await openWindow([], backend);
  await row("odd");
  expect(await card()).toHaveTextContent("There is no way to verify it.");
  expect(within(await card()).queryByRole("button")).toBeNull();
});

it("calls a field what the catalogue calls it", async () => {
  const backend = new FakeBackend();
  await backend.add(request("prod", { provider: "aws", fields: [{ name: "access_key_id", value: "AKIAINVENTED", secret: false }, { name: "own", value: "x", secret: false }] }));
  await openWindow([], backend);
  await row("prod");
  expect(await screen.findByText("Access key ID")).toBeVisible();
  expect(screen.getByText("Own")).toBeVisible();
});

import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, row, SECRET } from "../test/window";

/** Opens the sheet for a new key and enters what it must have. */
async function adding(backend = new FakeBackend(), name = "fresh") {
  const opened = await openWindow([], backend);
  await opened.user.keyboard("{Control>}n{/Control}");
  await opened.user.click(await screen.findByLabelText("Secret"));
  await opened.user.paste(SECRET);
  await opened.user.type(screen.getByLabelText("Provider"), "OpenAI");
  await opened.user.type(screen.getByLabelText("Name"), name);
  return opened;
}

async function editing(more: Parameters<typeof request>[1] = {}) {
  const backend = new FakeBackend();
  await backend.add(request("work", more));
  const opened = await openWindow([], backend);
  await row("work");
  await opened.user.click(await screen.findByRole("button", { name: "Edit" }));
  await screen.findByRole("dialog");
  const change = () => backend.calls.find((call) => call.command === "edit")?.args[1];
  return { ...opened, change };
}

it("says calmly what the provider says of a key that was just saved, and undo stays", async () => {
  const backend = new FakeBackend();
  backend.answersAfter = 80;
  const { user } = await adding(backend);
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Saved on this device. OpenAI accepts it.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(backend.kept.get("id-1")?.trashed).toBe(true));
});

it("says so too when it is refused, and nothing when nobody was asked", async () => {
  const backend = new FakeBackend();
  backend.answersAfter = 80;
  backend.says.set(SECRET, { verdict: "invalid", say: "token revoked" });
  const { user } = await adding(backend);
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Saved on this device. OpenAI was asked. Refused: token revoked.")).toBeVisible();
});

it("adds a fallback where that is wanted", async () => {
  const { user, backend } = await adding();
  await user.click(screen.getByRole("button", { name: "Labels, note, expiry" }));
  await user.click(screen.getByRole("switch", { name: "Use only as a fallback" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("A fallback: used only while no own key can be.", { exact: false })).toBeVisible();
  expect(backend.calls.find((call) => call.command === "add")?.args[0]).toMatchObject({ fallback: true });
});

it("makes a key a fallback, and no other field is sent", async () => {
  const { user, change } = await editing();
  await user.click(screen.getByRole("switch", { name: "Use only as a fallback" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(change()).toEqual({ fields: [], fallback: true }));
});

it("has the fields of the provider that the key lacks", async () => {
  const { user, change } = await editing();
  await user.type(screen.getByLabelText("Project ID"), "proj_9");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(change()).toEqual({ fields: [{ name: "project", secret: false, value: "proj_9" }] }));
});

it("tells a typo in a new secret at once", async () => {
  const { user } = await editing({ provider: "GitHub", secret: "ghp_invented000000000000000000000sa9" });
  await user.click(screen.getByLabelText("New Token"));
  await user.paste("ghp_typo");
  expect(await screen.findByText(/It has a typo: its checksum is not one of GitHub/)).toBeVisible();
  await user.clear(screen.getByLabelText("New Token"));
  await user.paste("sk-proj-invented0000000000009fQx");
  expect(await screen.findByText("This looks like a key of OpenAI. It is not sent to GitHub unasked.")).toBeVisible();
  await user.clear(screen.getByLabelText("New Token"));
  await waitFor(() => expect(screen.queryByText(/looks like a key/)).toBeNull());
});

it("offers the labels in use", async () => {
  const backend = new FakeBackend();
  await backend.add(request("alpha", { labels: ["paid", "research"] }));
  await backend.add(request("beta", { labels: ["paid", "prod"] }));
  const { user } = await openWindow([], backend);
  await row("alpha");
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  const labels = await screen.findByRole("textbox", { name: /^Labels/ });
  expect(screen.queryByRole("button", { name: "Add the label paid" })).toBeNull();
  await user.clear(labels);
  await user.type(labels, "new, pro");
  expect(screen.queryByRole("button", { name: "Add the label paid" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Add the label prod" }));
  expect(labels).toHaveValue("new, prod");
  await user.click(screen.getByRole("button", { name: "Add the label paid" }));
  expect(labels).toHaveValue("new, prod, paid");
});

it("says nothing of the provider over what was done since", async () => {
  const backend = new FakeBackend();
  backend.answersAfter = 400;
  const { user } = await adding(backend);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await row("fresh");
  await user.click(await screen.findByRole("button", { name: "Switch off" }));
  expect(await screen.findByText("fresh is off")).toBeVisible();
  await waitFor(() => expect(backend.kept.get("id-1")?.said).toBeDefined());
  expect(screen.queryByText(/OpenAI accepts it/)).toBeNull();
  expect(screen.getByText("fresh is off")).toBeVisible();
});

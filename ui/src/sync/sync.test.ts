import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow } from "../test/window";

const PASSWORD = "correct horse battery";

async function setUp(opened: Awaited<ReturnType<typeof openWindow>>) {
  const { user } = opened;
  await user.click(await screen.findByRole("button", { name: "Devices" }));
  await user.click(await screen.findByRole("button", { name: /^Set up sync/ }));
  await user.type(screen.getByLabelText("Server"), "https://keys.example.net");
  await user.type(screen.getByLabelText("Password"), PASSWORD);
  await user.type(screen.getByLabelText("Password again"), PASSWORD);
  for (const choose of screen.getAllByRole("button", { name: /^Choose/ })) await user.click(choose);
  await waitFor(() => expect(screen.getByLabelText("Recovery file")).not.toHaveValue(""));
}

it("sets up sync and shows the recovery page only when asked", async () => {
  const opened = await openWindow(["work"]);
  await setUp(opened);
  await opened.user.click(screen.getByRole("button", { name: "Set up sync" }));
  expect(await screen.findByText("Sync is set up")).toBeVisible();
  expect(screen.queryByTestId("recovery-page")).toBeNull();
  await opened.user.click(screen.getByRole("button", { name: "Show the page" }));
  expect(await screen.findByTestId("recovery-page")).toHaveTextContent(/1 anchor.*12 lagoon/);
  await opened.user.click(screen.getByRole("button", { name: "I have it" }));
  expect(document.body.innerHTML).not.toContain("lagoon");
  expect(await screen.findByText("In keychain, cache and sync.")).toBeVisible();
});

it("keeps what was entered when the server does not answer", async () => {
  const opened = await openWindow();
  await setUp(opened);
  opened.backend.failNext("SERVER_UNREACHABLE");
  await opened.user.click(screen.getByRole("button", { name: "Set up sync" }));
  expect(await screen.findByText("The server does not answer.")).toBeVisible();
  expect(screen.getByLabelText("Server")).toHaveValue("https://keys.example.net");
  expect(screen.getByLabelText("Password")).toHaveValue(PASSWORD);
});

it("refuses passwords that differ before anything is sent", async () => {
  const opened = await openWindow();
  await setUp(opened);
  await opened.user.type(screen.getByLabelText("Password again"), "x");
  await opened.user.click(screen.getByRole("button", { name: "Set up sync" }));
  expect(screen.getByText("The two passwords differ.")).toBeVisible();
  expect(opened.backend.calls.some((call) => call.command === "accountCreate")).toBe(false);
});

it("syncs when asked and says what happened", async () => {
  const opened = await openWindow(["work"]);
  await setUp(opened);
  await opened.user.click(screen.getByRole("button", { name: "Set up sync" }));
  await opened.user.click(await screen.findByRole("button", { name: "Done" }));
  opened.backend.waiting = 2;
  await opened.user.click(await screen.findByRole("button", { name: "Sync now" }));
  expect(await screen.findByText("2 sent, 0 received")).toBeVisible();
});

async function synced() {
  const opened = await openWindow(["work"]);
  await setUp(opened);
  await opened.user.click(screen.getByRole("button", { name: "Set up sync" }));
  await opened.user.click(await screen.findByRole("button", { name: "Done" }));
  return opened;
}

it("asks for the password when the session has ended, and sends it once", async () => {
  const { user, backend } = await synced();
  backend.homes = { ...backend.homes, server: { state: "sign_in", waiting: 1 } };
  await user.click(await screen.findByRole("button", { name: "Sync now" }));
  await user.type(await screen.findByLabelText("Password"), PASSWORD);
  await user.click(screen.getByRole("button", { name: "Sign in and sync" }));
  expect(await screen.findByRole("button", { name: "Sync now" })).toBeVisible();
  const syncs = backend.calls.filter((call) => call.command === "syncNow").map((call) => call.args[0]);
  expect(syncs).toEqual([{ acceptDeletions: false }, { acceptDeletions: false, password: PASSWORD }]);
});

it("stops before many keys are deleted, and goes on only when told to", async () => {
  const { user, backend } = await synced();
  backend.failNext("MASS_DELETE");
  await user.click(await screen.findByRole("button", { name: "Sync now" }));
  await user.click(await screen.findByRole("button", { name: "Delete them here too" }));
  await waitFor(() => expect(backend.calls.filter((call) => call.command === "syncNow").at(-1)?.args).toEqual([{ acceptDeletions: true }]));
});

it("asks about many deletions that the sync in the background has found", async () => {
  const backend = new FakeBackend();
  backend.server = "https://keys.example.net";
  backend.syncFailure = "MASS_DELETE";
  const { user } = await openWindow(["work"], backend);
  await user.click(await screen.findByText("Sync does not get through. See why."));
  await user.click(await screen.findByRole("button", { name: "Delete them here too" }));
  await waitFor(() => expect(backend.calls.filter((call) => call.command === "syncNow").at(-1)?.args).toEqual([{ acceptDeletions: true }]));
});

it("registers again at a server that has lost the account", async () => {
  const backend = new FakeBackend();
  backend.server = "https://keys.example.net";
  backend.syncFailure = "SERVER_UNKNOWN_ACCOUNT";
  const { user } = await openWindow(["work"], backend);
  await user.click(await screen.findByRole("button", { name: "Devices" }));
  expect(await screen.findByText("The server does not know this account.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Register again" }));
  expect(await screen.findByLabelText("Server")).toHaveValue("https://keys.example.net");
});

it("copies marked words of the recovery page through the shell", async () => {
  const opened = await openWindow();
  await setUp(opened);
  const { user, backend } = opened;
  await user.click(screen.getByRole("button", { name: "Set up sync" }));
  await user.click(await screen.findByRole("button", { name: "Show the page" }));
  expect(await fireEvent.copy(await screen.findByTestId("recovery-page"))).toBe(false);
  await waitFor(() => expect(backend.clipboard).toBe(backend.recovery));
});

it("shows how far a long sync is, and what the sync in the background met, without a step by the person", async () => {
  const backend = new FakeBackend();
  backend.server = "https://keys.example.net";
  backend.homes.server.state = "ok";
  const { user } = await openWindow(["work"], backend);
  backend.goesOn({ step: "receiving", done: 1200, total: 10_000 });
  expect(await screen.findByText("Receiving 1,200 of 10,000")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Devices" }));
  expect(screen.getAllByText("Receiving 1,200 of 10,000")).toHaveLength(2);
  backend.goesOn(undefined);
  await waitFor(() => expect(screen.queryByText(/^Receiving/)).toBeNull());
  backend.serverIs("unreachable", "SERVER_UNREACHABLE");
  expect(await screen.findByText("1 change goes out when it is back")).toBeVisible();
  backend.serverIs("sign_in", "SIGN_IN");
  expect(await screen.findByText("Sync needs your password again.")).toBeVisible();
  expect(await screen.findByLabelText("Password")).toBeVisible();
});

it("does not blink: what a home lacks for a moment is not shown", async () => {
  const backend = new FakeBackend();
  backend.server = "https://keys.example.net";
  backend.homes.server.state = "ok";
  backend.lastSync = Date.now();
  await openWindow([], backend);
  expect(await screen.findByText("In keychain, cache and sync.")).toBeVisible();
  const seen: string[] = [];
  const watch = new MutationObserver(() => seen.push(document.body.textContent));
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  for (let round = 0; round < 3; round += 1) {
    backend.waiting = 1;
    backend.serverIs("behind");
    await new Promise((resolve) => setTimeout(resolve, 60));
    backend.waiting = 0;
    backend.serverIs("ok");
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  watch.disconnect();
  expect(seen.filter((text) => text.includes("waits for sync"))).toEqual([]);
  // What stays is shown.
  backend.waiting = 1;
  backend.serverIs("behind");
  expect(await screen.findByText("1 change waits for sync", undefined, { timeout: 3000 })).toBeVisible();
});

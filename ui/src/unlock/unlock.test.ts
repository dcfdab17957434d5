import { screen, waitFor } from "@testing-library/svelte";
import { expect, it, vi } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, row } from "../test/window";

async function locked(why: NonNullable<FakeBackend["locked"]>, title: string) {
  const backend = new FakeBackend();
  await backend.add(request("work"));
  backend.locked = why;
  const opened = await openWindow([], backend);
  expect(await screen.findByText(title)).toBeVisible();
  return opened;
}

it("unlocks with kit and password, after telling a wrong password apart", async () => {
  const { user, backend } = await locked("LOCKED", "This device has lost its key");
  await user.type(screen.getByLabelText("Kit file"), "/media/usb/kit.txt");
  await user.type(screen.getByLabelText("Password"), "wrong");
  await user.click(screen.getByRole("button", { name: "Unlock" }));
  expect(await screen.findByText("The password does not fit.")).toBeVisible();
  await user.clear(screen.getByLabelText("Password"));
  await user.type(screen.getByLabelText("Password"), backend.password);
  await user.click(screen.getByRole("button", { name: "Unlock" }));
  expect(await row("work")).toBeVisible();
});

it("unlocks with the recovery file and a new password", async () => {
  const { user, backend } = await locked("LOCKED", "This device has lost its key");
  await user.click(screen.getByRole("button", { name: "Recovery file" }));
  await user.click(screen.getByLabelText("Or paste what is in the recovery file"));
  await user.paste(backend.recovery);
  await user.type(screen.getByLabelText(/^New password/), "another password");
  await user.click(screen.getByRole("button", { name: "Unlock" }));
  expect(await row("work")).toBeVisible();
  expect(backend.password).toBe("another password");
});

it("keeps the words of the recovery page when the server takes too long", async () => {
  const { user, backend } = await locked("LOCKED", "This device has lost its key");
  await user.click(screen.getByRole("button", { name: "Recovery file" }));
  await user.click(screen.getByLabelText("Or paste what is in the recovery file"));
  await user.paste(backend.recovery);
  backend.failNext("SERVER_TIMED_OUT");
  await user.click(screen.getByRole("button", { name: "Unlock" }));
  expect(await screen.findByText("The server took too long to answer.")).toBeVisible();
  expect(screen.getByLabelText("Or paste what is in the recovery file")).toHaveValue(backend.recovery);
});

it("opens with the password where there is no keychain", async () => {
  const { user, backend } = await locked("PASSWORD_NEEDED", "Unlock Keymoor");
  await user.type(screen.getByLabelText("Password"), `${backend.password}{Enter}`);
  expect(await row("work")).toBeVisible();
});

it("asks twice for a new password at a first start without a keychain", async () => {
  const { user, backend } = await locked("NEW_PASSWORD_NEEDED", "Choose a password");
  await user.type(screen.getByLabelText("Password"), "a new password");
  await user.type(screen.getByLabelText("Password again"), "a new pasword");
  await user.click(screen.getByRole("button", { name: "Begin" }));
  expect(screen.getByText("The two passwords differ.")).toBeVisible();
  expect(backend.calls.some((call) => call.command === "unlockWithPassword")).toBe(false);
});

it("opens with the recovery file where the password is forgotten", async () => {
  const { user, backend } = await locked("PASSWORD_NEEDED", "Unlock Keymoor");
  await user.click(screen.getByRole("button", { name: "Use the recovery file instead" }));
  await user.click(screen.getByLabelText("Or paste what is in the recovery file"));
  await user.paste(backend.recovery);
  await user.click(screen.getByRole("button", { name: "Unlock" }));
  expect(await row("work")).toBeVisible();
});

it("sees by itself that the command line has unlocked the vault", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { backend } = await locked("LOCKED", "This device has lost its key");
  backend.locked = undefined;
  await vi.advanceTimersByTimeAsync(6_000);
  expect(await row("work")).toBeVisible();
});

it("says in every phase that the keychain waits, and stops waiting when told to", async () => {
  const { user, backend } = await locked("LOCKED", "This device has lost its key");
  backend.keychainWaits();
  await user.click(await screen.findByRole("button", { name: "Stop waiting" }));
  expect(backend.calls.some((call) => call.command === "stopWaiting")).toBe(true);
});

it("shows a keychain that was found locked, and asks it again when told to", async () => {
  const backend = new FakeBackend();
  backend.homes.keychain.state = "locked";
  const { user } = await openWindow(["work"], backend);
  await screen.findByText(/What you save is in the cache/);
  backend.homes.keychain.state = "ok";
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(screen.queryByText(/What you save is in the cache/)).toBeNull());
  expect(backend.calls.filter((call) => call.command === "overview").at(-1)?.args).toEqual([true]);
});

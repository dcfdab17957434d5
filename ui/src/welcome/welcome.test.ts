import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, row, SECRET } from "../test/window";

it("says what it does, and takes the first key", async () => {
  const { backend, user } = await openWindow();
  expect(await screen.findByText("Your API keys, kept")).toBeVisible();
  await user.click(screen.getByLabelText("Add your first key"));
  await user.paste(SECRET);
  await user.type(await screen.findByLabelText("Provider"), "OpenAI");
  expect(screen.getByLabelText("Secret")).toHaveValue(SECRET);
  await user.type(screen.getByLabelText("Name"), "work");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await row("work");
  expect(screen.queryByText("Your API keys, kept")).toBeNull();
  expect(backend.calls.filter(({ command }) => command === "add")).toHaveLength(1);
});

it("joins with a kit from another device", async () => {
  const { backend, user } = await openWindow();
  await user.click(await screen.findByRole("button", { name: "I have a kit" }));
  await user.type(screen.getByLabelText("Or paste what is in the kit"), "keymoor kit");
  await user.type(screen.getByLabelText("Password"), backend.password);
  await user.click(screen.getByRole("button", { name: "Join with a kit" }));
  await waitFor(() => expect(backend.server).toBeDefined());
  await waitFor(() => expect(screen.queryByText("Your API keys, kept")).toBeNull());
});

it("goes back from the kit to the first key", async () => {
  const { user } = await openWindow();
  await user.click(await screen.findByRole("button", { name: "I have a kit" }));
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(screen.getByLabelText("Add your first key")).toBeVisible();
});

it("does not come where keys were, or where a server is known", async () => {
  const backend = new FakeBackend();
  backend.server = "https://keys.example.net";
  await openWindow([], backend);
  await screen.findByText("No keys yet");
  expect(screen.queryByText("Your API keys, kept")).toBeNull();
});

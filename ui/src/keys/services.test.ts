import { screen, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request, row } from "../test/window";

const card = () => screen.findByRole("region", { name: "Status" });

/** A window over an own key that a service uses, and a fallback. */
async function withFallback() {
  const backend = new FakeBackend();
  const { id } = await backend.add(request("work"));
  const company = await backend.add(request("company"));
  for (const kept of backend.kept.values()) kept.fallback = kept.id === company.id;
  backend.services = [{ name: "OpenAI", provider: "OpenAI", chosen: id }];
  const opened = await openWindow([], backend);
  await opened.user.click(await row("work"));
  return opened;
}

it("says which fallback steps in when a key is switched off, and what is used when it is on again", async () => {
  const { user } = await withFallback();
  await user.click(await screen.findByRole("button", { name: "Switch off" }));
  expect(await screen.findByText("work is off. OpenAI now uses a fallback, OpenAI/company.")).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Switch on" }));
  expect(await screen.findByText("work is on again. OpenAI now uses OpenAI/work.")).toBeVisible();
});

it("says so of a key that goes to the trash, and when nothing steps in", async () => {
  const { user } = await withFallback();
  await user.click(await screen.findByRole("button", { name: "Move to trash" }));
  expect(await screen.findByText("Moved work to the trash. OpenAI now uses a fallback, OpenAI/company.")).toBeVisible();
  await user.click(await row("company"));
  await user.click(await screen.findByRole("button", { name: "Move to trash" }));
  expect(await screen.findByText("Moved company to the trash. OpenAI now has no key to use.")).toBeVisible();
});

it("takes no other own key in its place, and names those that could be meant", async () => {
  const { user, backend } = await withFallback();
  for (const kept of backend.kept.values()) kept.fallback = false;
  await user.click(await screen.findByRole("button", { name: "Switch off" }));
  expect(await screen.findByText("work is off. OpenAI now uses none, for any of these could be meant: OpenAI/company.")).toBeVisible();
});

it("marks a fallback in the list and in its details", async () => {
  const { user } = await withFallback();
  expect(await row("company")).toHaveTextContent("fallback");
  expect(await row("work")).not.toHaveTextContent("fallback");
  expect(within(await card()).queryByText(/A fallback/)).toBeNull();
  await user.click(await row("company"));
  expect(await screen.findByText(/A fallback: used only while no own key can be\./)).toBeVisible();
});

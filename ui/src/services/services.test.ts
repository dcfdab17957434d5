import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, request } from "../test/window";

const SHEET = "1AbcDefGhiJklMnoPqrStuVwxYz0123456789_-abcdef";

async function openServices(backend = new FakeBackend(), names: string[] = []) {
  const opened = await openWindow(names, backend);
  await opened.user.click(screen.getByRole("button", { name: /^Services/ }));
  await screen.findByRole("searchbox", { name: "Search services" });
  return opened;
}

const row = (name: string) => screen.findByRole("button", { name: new RegExp(`^${name}`) });
const detail = () => within(screen.getByRole("complementary", { name: "Service" }));
const status = async (text: string) => expect(await detail().findByText(text)).toBeVisible();

it("shows every service of the catalogue, those in use first, and how each is", async () => {
  const backend = new FakeBackend();
  await backend.add(request("work"));
  backend.setUp.set("openai", { on: true, settings: {} });
  backend.setUp.set("deepgram", { on: true, settings: {} });
  backend.setUp.set("github", { on: false, settings: {} });
  backend.setUp.set("vapi", { on: false, settings: {}, conflicts: { on: ["off", "on"] } });
  await openServices(backend);
  expect(await row("OpenAI")).toHaveTextContent(/uses openai\/work.*On/);
  expect(await row("Deepgram")).toHaveTextContent("Needs a key");
  expect(await row("GitHub")).toHaveTextContent("Off");
  expect(await row("Vapi")).toHaveTextContent("Two devices disagree");
  expect(screen.getAllByRole("heading", { level: 2 }).map((heading) => heading.textContent)).toEqual(["In use", "Set up and off", "Not set up"]);
  expect(screen.getByRole("button", { name: /^Services/ })).toHaveTextContent("2");
});

it("switches a service on and off again, with undo for both", async () => {
  const { user, backend } = await openServices(new FakeBackend(), ["work"]);
  await user.click(await row("OpenAI"));
  await status("Switch it on to use it with one of your keys.");
  await user.click(detail().getByRole("switch", { name: "In use" }));
  expect(await screen.findByText("OpenAI is on and uses openai/work")).toBeVisible();
  await status("It uses openai/work.");
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(backend.setUp.get("openai")?.on).toBe(false));
  await user.click(await detail().findByRole("switch", { name: "In use" }));
  await waitFor(() => expect(backend.setUp.get("openai")?.on).toBe(true));
  await user.click(detail().getByRole("switch", { name: "In use" }));
  expect(await screen.findByText("OpenAI is off")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(backend.setUp.get("openai")?.on).toBe(true));
});

it("says that it cannot tell which key, and takes the one that is chosen", async () => {
  const backend = new FakeBackend();
  backend.setUp.set("openai", { on: true, settings: {} });
  const { user } = await openServices(backend, ["work", "home"]);
  await user.click(await row("OpenAI"));
  await status("Cannot tell which key");
  await status("Any of these could be meant, so it uses none: openai/work, openai/home.");
  await user.selectOptions(detail().getByLabelText("Key"), "home");
  await status("It uses openai/home.");
  expect(backend.setUp.get("openai")?.chosen).toBe("id-2");
  // There was no choice before, and so there is nothing to go back to.
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  await user.selectOptions(detail().getByLabelText("Key"), "work");
  await status("It uses openai/work.");
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(backend.setUp.get("openai")?.chosen).toBe("id-2"));
});

it("keeps a choice made while it is off until it is switched on", async () => {
  const { user, backend } = await openServices(new FakeBackend(), ["work", "home"]);
  await user.click(await row("OpenAI"));
  await user.selectOptions(detail().getByLabelText("Key"), "home");
  expect(backend.setUp.has("openai")).toBe(false);
  await user.click(detail().getByRole("switch", { name: "In use" }));
  await status("It uses openai/home.");
});

it("never uses a fallback in silence", async () => {
  const backend = new FakeBackend();
  await backend.add(request("company"));
  await backend.add(request("mine"));
  backend.changedElsewhere((kept) => void Object.assign(kept.get("id-1") ?? {}, { fallback: true }));
  await backend.enableService("openai", "id-2");
  await backend.edit("id-2", { fields: [], on: false });
  const { user } = await openServices(backend);
  expect(await row("OpenAI")).toHaveTextContent(/uses the fallback openai\/company.*On, with a fallback/);
  await user.click(await row("OpenAI"));
  await status("It uses the fallback openai/company. Your own key openai/mine is off.");
  await backend.trash("id-2");
  await status("It uses the fallback openai/company. Your own key openai/mine is in the trash.");
  await backend.erase("id-2");
  await status("It uses the fallback openai/company. Your own key openai/mine is gone.");
});

it("takes a whole address apart while it is typed, saves what is kept of it, and undoes that", async () => {
  const { user, backend } = await openServices();
  await user.click(await row("Google Sheets"));
  const field = await detail().findByLabelText(/^Spreadsheet/);
  expect(field).toHaveAccessibleDescription("Its id, or its whole web address");
  await user.type(field, "my sheet");
  await waitFor(() => expect(field).toHaveAccessibleDescription("This does not fit. Its id, or its whole web address"));
  expect(detail().getByRole("button", { name: "Save settings" })).toBeDisabled();
  await user.clear(field);
  await user.click(field);
  await user.paste(`https://docs.google.com/spreadsheets/d/${SHEET}/edit#gid=0`);
  await waitFor(() => expect(field).toHaveAccessibleDescription(`Kept as ${SHEET}`));
  await user.click(detail().getByRole("button", { name: "Save settings" }));
  expect(await screen.findByText("Settings of Google Sheets saved")).toBeVisible();
  expect(backend.setUp.get("google_sheets")?.settings).toEqual({ spreadsheet_id: SHEET });
  expect(await detail().findByDisplayValue(SHEET)).toBeVisible();
  expect(detail().queryByRole("button", { name: "Save settings" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(backend.setUp.get("google_sheets")?.settings).toEqual({}));
});

it("keeps what was typed on the way through other pages, and when it could not be saved", async () => {
  const { user, backend } = await openServices();
  await user.click(await row("Google Sheets"));
  await user.type(await detail().findByLabelText(/^Sheet/), "June");
  await user.click(screen.getByRole("button", { name: /^Keys/ }));
  await user.click(screen.getByRole("button", { name: /^Services/ }));
  expect(await detail().findByLabelText(/^Sheet/)).toHaveValue("June");
  backend.failNext("DISK_FULL");
  await user.click(detail().getByRole("button", { name: "Save settings" }));
  expect(await screen.findByText("The disk is full.")).toBeVisible();
  expect(detail().getByLabelText(/^Sheet/)).toHaveValue("June");
  await user.click(detail().getByRole("button", { name: "Discard" }));
  expect(detail().getByLabelText(/^Sheet/)).toHaveValue("");
});

it("asks the provider, says what it said, and can stop waiting", async () => {
  const backend = new FakeBackend();
  backend.setUp.set("openai", { on: true, settings: {} });
  const { user } = await openServices(backend, ["work"]);
  await user.click(await row("OpenAI"));
  await user.click(detail().getByRole("button", { name: "Test" }));
  await status("Key and settings go together.");
  backend.finds.set("openai", { verdict: "indeterminate", reason: "unreachable" });
  await user.click(detail().getByRole("button", { name: "Test" }));
  await status("Nothing was learned: no network");
  backend.finds.set("openai", { verdict: "invalid_config", say: "There is no such spreadsheet." });
  backend.answersAfter = 300;
  await user.click(detail().getByRole("button", { name: "Test" }));
  await status("Asking the provider…");
  await user.click(detail().getByRole("button", { name: "Stop waiting" }));
  await new Promise((resolve) => setTimeout(resolve, 400));
  await status("Not waited for any longer.");
  await user.click(detail().getByRole("button", { name: "Test" }));
  expect(await detail().findByText("The key is good, and a setting is not: There is no such spreadsheet.")).toBeVisible();
  backend.failNext("UNSETTLED");
  await user.click(detail().getByRole("button", { name: "Test" }));
  expect(await detail().findByRole("alert")).toHaveTextContent("Two devices changed this key at the same time");
});

it("settles what two devices set with one click", async () => {
  const backend = new FakeBackend();
  backend.setUp.set("google_sheets", { on: true, settings: { sheet_name: "June" }, conflicts: { sheet_name: ["June", "July"], on: ["off", "on"] } });
  const { user } = await openServices(backend);
  await user.click(await row("Google Sheets"));
  const sheet = within(detail().getByRole("region", { name: "Sheet" }));
  expect(sheet.getAllByRole("listitem").map((item) => item.textContent)).toEqual(["Junein use Use this", "July Use this"]);
  await user.click(sheet.getByRole("button", { name: "Use this: July" }));
  await waitFor(() => expect(backend.setUp.get("google_sheets")).toMatchObject({ settings: { sheet_name: "July" }, conflicts: { on: ["off", "on"] } }));
  await user.click(await detail().findByRole("button", { name: "Use this: Off" }));
  await waitFor(() => expect(backend.setUp.get("google_sheets")).toMatchObject({ on: false, conflicts: {} }));
});

it("says what keys are missing, and adds one", async () => {
  const { user } = await openServices();
  await user.click(await row("Deepgram"));
  await status("You have no key that it takes. It takes keys of Deepgram.");
  await user.click(detail().getByRole("button", { name: "Add a key" }));
  expect(await screen.findByRole("dialog", { name: "Add a key" })).toBeVisible();
});

it("refuses to switch on what has no key, and says what to do", async () => {
  const { user } = await openServices();
  await user.click(await row("Deepgram"));
  await user.click(detail().getByRole("switch", { name: "In use" }));
  expect(await screen.findByText("There is no key that this service takes.")).toBeVisible();
  expect(detail().getByRole("switch", { name: "In use" })).toHaveAttribute("aria-checked", "false");
});

it("sets up a template in one go: what will be used, what is missing, and undo", async () => {
  const backend = new FakeBackend();
  await backend.add(request("voice", { provider: "Vapi" }));
  await backend.add(request("work"));
  await backend.add(request("home"));
  const { user } = await openServices(backend);
  await user.click(await screen.findByRole("button", { name: "Set up several…" }));
  await user.click(await screen.findByRole("button", { name: /^Voice agent/ }));
  const sheet = within(screen.getByRole("dialog"));
  expect(sheet.getByText("with vapi/voice")).toBeVisible();
  expect(sheet.getByText("needs a key of Twilio")).toBeVisible();
  expect(sheet.getByRole("button", { name: "Set up 1 service" })).toBeVisible();
  expect(backend.setUp.size).toBe(0);
  await user.selectOptions(sheet.getByLabelText("Key for OpenAI"), "openai/home");
  await user.click(await sheet.findByRole("button", { name: "Set up 2 services" }));
  expect(await screen.findByText("Set up: Vapi, OpenAI")).toBeVisible();
  expect([backend.setUp.get("vapi")?.on, backend.setUp.get("openai")?.chosen]).toEqual([true, "id-3"]);
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect([...backend.setUp.values()].map(({ on }) => on)).toEqual([false, false]));
});

it("asks for the settings that a template needs, and says what could not be set up", async () => {
  const backend = new FakeBackend();
  await backend.add(request("robot", { provider: "Google service account" }));
  const { user } = await openServices(backend);
  await user.click(await screen.findByRole("button", { name: "Set up several…" }));
  await user.click(await screen.findByRole("button", { name: /^Marketing report/ }));
  const sheet = within(screen.getByRole("dialog"));
  await user.type(sheet.getByLabelText(/^Google Sheets: Spreadsheet/), SHEET);
  backend.failNext("DISK_FULL");
  await user.click(sheet.getByRole("button", { name: "Set up 1 service" }));
  expect(await sheet.findByRole("alert")).toHaveTextContent("The disk is full. These could not be set up: Google Sheets.");
  await user.click(sheet.getByRole("button", { name: "Set up 1 service" }));
  await waitFor(() => expect(backend.setUp.get("google_sheets")).toMatchObject({ on: true, settings: { spreadsheet_id: SHEET } }));
});

it("finds services, moves by the keyboard, and says when there is none", async () => {
  const { user } = await openServices();
  const search = screen.getByRole("searchbox", { name: "Search services" });
  await user.type(search, "google");
  expect(await row("Google Sheets")).toBeVisible();
  expect(screen.queryByRole("button", { name: /^Twilio/ })).toBeNull();
  await user.type(search, "x");
  expect(await screen.findByText("No service matches “googlex”")).toBeVisible();
  await user.clear(search);
  await user.keyboard("{ArrowDown}{ArrowDown}");
  expect(await row("Deepgram")).toHaveFocus();
  expect(detail().getByRole("heading", { name: "Deepgram" })).toBeVisible();
});

it("says when the services cannot be read, and tries again", async () => {
  const backend = new FakeBackend();
  const { user } = await openWindow([], backend);
  backend.failNext("CACHE_BUSY");
  await user.click(screen.getByRole("button", { name: /^Services/ }));
  expect(await screen.findByText("The services cannot be shown.")).toBeVisible();
  expect(screen.getByText("Another program holds the cache for long.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await row("OpenAI")).toBeVisible();
});

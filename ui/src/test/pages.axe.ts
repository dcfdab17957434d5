import { screen } from "@testing-library/svelte";
import { describe, it } from "vitest";

import { sampleBackend } from "../backend/fake/sample";
import { language, words } from "../words/words";
import { expectAccessible } from "./axe";
import { openWindow } from "./window";

type Opened = Awaited<ReturnType<typeof openWindow>>;
type Page = "services" | "activity" | "overview" | "sync";

const beginning = (text: string) => new RegExp(`^${text}`);

/** Every state of these pages, from a window that has all that they show. */
const STATES: [page: Page, state: string, reach: (opened: Opened) => Promise<unknown>][] = [
  ["services", "the list", () => screen.findByRole("button", { name: /^Twilio/ })],
  ["services", "two values", async ({ user }) => {
    await user.click(await screen.findByRole("button", { name: /^Google Sheets/ }));
    return screen.findByText(words.services.conflict.title);
  }],
  ["services", "a test that found something", async ({ user, backend }) => {
    backend.answersAfter = 0;
    await user.click(await screen.findByRole("button", { name: /^Twilio/ }));
    await user.click(await screen.findByRole("button", { name: words.services.test }));
    return screen.findByText(beginning(words.services.tested["invalid_config"] ?? ""));
  }],
  ["services", "nothing found", async ({ user }) => {
    await user.type(await screen.findByRole("searchbox"), "zzz");
    return screen.findByText(words.services.none("zzz"));
  }],
  ["services", "several at once", async ({ user }) => {
    await user.click(await screen.findByRole("button", { name: words.services.template.open }));
    await user.click(await screen.findByRole("button", { name: /^Marketing report/ }));
    return screen.findByRole("button", { name: words.services.template.back });
  }],
  ["activity", "everything", () => screen.findAllByRole("listitem")],
  ["activity", "one key", async ({ user }) => {
    await user.type(await screen.findByLabelText(words.activity.key), "work{Enter}");
    return screen.findByRole("button", { name: beginning(words.activity.keyOnly("work")) });
  }],
  ["activity", "that it cannot be read", async ({ user, backend }) => {
    backend.failNext("CACHE_BUSY", "activity");
    await user.click(await screen.findByRole("checkbox"));
    return screen.findByText(words.activity.failedTitle);
  }],
  ["overview", "the chart", () => screen.findByRole("img", { name: beginning(words.overview.checks) })],
  ["overview", "the table", async ({ user }) => {
    await user.click(await screen.findByRole("button", { name: words.overview.table }));
    return screen.findByRole("table");
  }],
  ["sync", "devices and homes", () => screen.findByText("ana-laptop")],
  ["sync", "alarms and a session that has ended", ({ backend }) => {
    backend.alarms = ["ALARM_ROLLED_BACK"];
    backend.serverIs("sign_in", "SIGN_IN");
    return screen.findByLabelText(words.sync.password);
  }],
];

/** Looks at each of them in the language of this file's caller. */
export function pagesAreAccessible(): void {
  describe(`the pages (${language})`, () => {
    it.each(STATES)("have nothing for axe to find: %s, %s", async (page, _, reach) => {
      const backend = sampleBackend();
      backend.delay = 0;
      const opened = await openWindow([], backend);
      await opened.user.click(screen.getByRole("button", { name: beginning(words.nav[page]) }));
      await reach(opened);
      await expectAccessible();
    });
  });
}

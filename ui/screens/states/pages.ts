import { screen } from "@testing-library/dom";

import { words } from "../../src/words/words";
import { beginning, button, click, dialog, go, sample, select, type State } from "./state";

/** Every other page. */
export const PAGES: State[] = [
  { name: "needs care", reach: async (opened) => (await go(opened, "care"), select(opened, "billing-readonly")) },
  { name: "the trash", reach: async (opened) => (await go(opened, "trash"), select(opened, "old-trial")) },
  {
    name: "erasing",
    reach: async (opened) => {
      await go(opened, "trash");
      await select(opened, "old-trial");
      await click(opened, words.trash.erase);
      return dialog();
    },
  },
  { name: "services", reach: async (opened) => (await go(opened, "services"), click(opened, "Twilio")) },
  { name: "a service with two values", reach: async (opened) => (await go(opened, "services"), await click(opened, "Google Sheets"), screen.findByText(words.services.conflict.title)) },
  {
    name: "a test that found something",
    reach: async (opened) => {
      opened.backend.answersAfter = 0;
      await go(opened, "services");
      await click(opened, "Twilio");
      await click(opened, words.services.test);
      return screen.findByText(beginning(words.services.tested["invalid_config"] ?? ""));
    },
  },
  { name: "no such service", reach: async (opened) => (await go(opened, "services"), await opened.user.type(await screen.findByRole("searchbox"), "zzz"), screen.findByText(words.services.none("zzz"))) },
  {
    name: "several services at once",
    reach: async (opened) => {
      await go(opened, "services");
      await click(opened, words.services.template.open);
      await click(opened, "Marketing report");
      return button(words.services.template.back);
    },
  },
  { name: "activity", reach: async (opened) => (await go(opened, "activity"), screen.findAllByRole("listitem")) },
  {
    name: "the activity of one key",
    reach: async (opened) => {
      await go(opened, "activity");
      await opened.user.type(await screen.findByLabelText(words.activity.key), "chat{Enter}");
      return button(words.activity.keyOnly("chat"));
    },
  },
  {
    name: "the activity cannot be read",
    reach: async (opened) => {
      opened.backend.failNext("CACHE_BUSY", "activity");
      await go(opened, "activity");
      return screen.findByText(words.activity.failedTitle);
    },
  },
  { name: "overview", reach: async (opened) => (await go(opened, "overview"), screen.findByRole("img", { name: beginning(words.overview.checks) })) },
  { name: "overview as a table", reach: async (opened) => (await go(opened, "overview"), await click(opened, words.overview.table), screen.findByRole("table")) },
  { name: "devices", reach: async (opened) => (await go(opened, "sync"), screen.findByText("ana-laptop")) },
  {
    name: "alarms and a session that has ended",
    backend: () => {
      const backend = sample();
      backend.alarms = ["ALARM_ROLLED_BACK", "ACTIVITY_BROKEN"];
      backend.serverIs("sign_in", "SIGN_IN");
      return backend;
    },
    reach: async (opened) => (await go(opened, "sync"), screen.findByLabelText(words.sync.password)),
  },
  {
    name: "many deletions",
    backend: () => Object.assign(sample(), { syncFailure: "MASS_DELETE" }),
    reach: async (opened) => (await go(opened, "sync"), button(words.sync.deletionsAction)),
  },
  {
    name: "a server that is away",
    backend: () => {
      const backend = sample();
      backend.waiting = 3;
      backend.serverIs("unreachable", "SERVER_UNREACHABLE");
      return backend;
    },
    reach: async (opened) => (await go(opened, "sync"), screen.findByText("ana-laptop")),
  },
  { name: "settings", reach: async (opened) => (await go(opened, "settings"), screen.findByRole("switch", { name: words.settings.inBackground })) },
];

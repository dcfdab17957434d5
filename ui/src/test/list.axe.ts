import { screen, waitFor } from "@testing-library/svelte";
import { describe, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { language, words } from "../words/words";
import { expectAccessible } from "./axe";
import { openWindow, request, row } from "./window";

type Opened = Awaited<ReturnType<typeof openWindow>>;

/** Every state of the main screen, from the list as it is at first. */
const STATES: Record<string, (opened: Opened) => Promise<unknown>> = {
  "the list": async () => undefined,
  "nothing found": async ({ user }) => {
    await user.type(screen.getByRole("combobox"), "label:none zzz");
    return screen.findByRole("button", { name: words.main.filter.drop });
  },
  "the menu of filters": async ({ user }) => {
    await user.click(screen.getByRole("button", { name: words.main.filter.button }));
    return screen.findByRole("menu");
  },
  "filters in use": async ({ user }) => {
    await user.click(screen.getByRole("button", { name: words.main.filter.button }));
    await user.keyboard("{Enter}{Escape}");
    return screen.findByRole("button", { name: words.main.filter.clear });
  },
  "several chosen": async ({ user }) => {
    await user.keyboard("{Shift>}{ArrowDown}{/Shift}");
    return screen.findByText(words.main.chosen.count(2));
  },
  "something under way": async ({ user, backend }) => {
    backend.answersAfter = 5_000;
    await user.keyboard("{Control>}a{/Control}");
    await user.click(await screen.findByRole("button", { name: words.main.chosen.verify }));
    return screen.findByRole("button", { name: words.main.chosen.stop });
  },
  "labels for several": async ({ user }) => {
    await user.keyboard("{Control>}a{/Control}");
    await user.click(await screen.findByRole("button", { name: words.main.chosen.label }));
    return screen.findByRole("dialog");
  },
  "the palette": async ({ user }) => {
    await user.keyboard("{Control>}k{/Control}");
    return screen.findByRole("dialog");
  },
  "the palette about a key": async ({ user }) => {
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: words.main.palette.placeholder }), "work{Enter}");
    return screen.findByRole("button", { name: words.main.palette.back });
  },
  "the palette without anything": async ({ user }) => {
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: words.main.palette.placeholder }), "zzzz");
    return waitFor(() => screen.getAllByText(words.main.palette.none));
  },
  "the shortcuts": async ({ user }) => {
    await user.keyboard("?");
    return screen.findByRole("dialog");
  },
};

/** Looks at each of them in the language of this file's caller. */
export function listIsAccessible(): void {
  describe(`the main screen (${language})`, () => {
    it.each(Object.entries(STATES))("has nothing for axe to find: %s", async (_, reach) => {
      const backend = new FakeBackend();
      await backend.add(request("work", { labels: ["prod"] }));
      await backend.add(request("ci", { provider: "GitHub", expires: Date.now() + 432_000_000 }));
      const opened = await openWindow([], backend);
      await row("work");
      await reach(opened);
      await expectAccessible();
    });

    it("has nothing for axe to find without any key", async () => {
      await openWindow();
      await screen.findByText(words.list.none);
      await expectAccessible();
    });
  });
}

import { screen, waitFor } from "@testing-library/svelte";
import { describe, it } from "vitest";

import { FakeBackend, type Kept } from "../backend/fake/fake";
import { language, words } from "../words/words";
import { expectAccessible } from "./axe";
import { openWindow, request, row, SECRET } from "./window";

type Opened = Awaited<ReturnType<typeof openWindow>>;

const click = async ({ user }: Opened, name: string | RegExp) => user.click(await screen.findByRole("button", { name }));
const change = ({ backend }: Opened, how: (kept: Kept) => void) => backend.changedElsewhere((all) => how(all.get("id-1") as Kept));
const dialog = () => screen.findByRole("dialog");

/** Every state of a key's details and of its sheets. */
const STATES: Record<string, (opened: Opened) => Promise<unknown>> = {
  "the details": async () => screen.findByRole("region", { name: words.key.homes.label }),
  "what happened to it": async ({ backend }) => {
    backend.happened = [{ at: Date.now(), failed: true, key: "id-1", event: { event: "verified", id: "id-1", name: "openai/work", verdict: "invalid" } }];
    return screen.findByRole("region", { name: words.key.activity.title });
  },
  "a secret shown": async (opened) => {
    await click(opened, words.detail.showField("API key"));
    return screen.findByText(SECRET);
  },
  "being verified": async (opened) => {
    opened.backend.answersAfter = 5_000;
    await click(opened, words.status.verify);
    return screen.findByRole("button", { name: words.key.status.stopVerifying });
  },
  refused: async (opened) => {
    opened.backend.says.set(SECRET, { verdict: "invalid", say: "token revoked" });
    await click(opened, words.status.verify);
    return screen.findByRole("button", { name: words.key.status.copyConsole });
  },
  "a conflict": async (opened) => {
    const choices = [{ key: "a", summary: "secret …aaaa", shown: true, here: true, at: 1 }, { key: "b", summary: "secret …bbbb", shown: false, here: false }];
    change(opened, (kept) => (kept.conflicts = [{ field: "secret", choices }]));
    return waitFor(() => screen.getByRole("button", { name: words.key.conflict.keepThis("secret …bbbb") }));
  },
  "the day on which it expires": async (opened) => {
    await click(opened, words.key.expiry.setLabel);
    await opened.user.type(await screen.findByLabelText(words.key.expiry.label), "soon{Enter}");
    return screen.findByText(words.edit.expiresWrong);
  },
  "many fields": async (opened) => {
    change(opened, (kept) => kept.versions[0]?.fields.push(...Array.from({ length: 29 }, (_, i) => ({ name: `part ${i}`, value: "v".repeat(500), secret: false }))));
    return screen.findByRole("button", { name: words.key.moreFields(22) });
  },
  "a copy that the keychain lacks": async (opened) => {
    change(opened, (kept) => (kept.mirrorBehind = true));
    return screen.findByText(new RegExp(words.key.homes.behind));
  },
  "the history": async (opened) => {
    await opened.backend.edit("id-1", { fields: [], note: "new" });
    await click(opened, words.detail.history);
    return dialog();
  },
  "the sheet to edit": async (opened) => {
    await click(opened, words.detail.edit);
    return dialog();
  },
  "the sheet to add": async (opened) => {
    await opened.user.keyboard("{Control>}n{/Control}");
    await dialog();
    return click(opened, words.edit.more);
  },
};

export function detailIsAccessible(): void {
  describe(`a key's details (${language})`, () => {
    it.each(Object.entries(STATES))("have nothing for axe to find: %s", async (_, reach) => {
      const backend = new FakeBackend();
      await backend.add(request("work", { labels: ["paid"], note: "of the old team" }));
      const opened = await openWindow([], backend);
      await row("work");
      await reach(opened);
      await expectAccessible();
    });
  });
}

import { screen, waitFor } from "@testing-library/dom";

import type { FakeBackend, Kept } from "../../src/backend/fake/fake";
import { words } from "../../src/words/words";
import { button, click, dialog, sample, select, type State } from "./state";

/** The sample, in which the key "chat" is other than usual. */
const withWork = (how: (work: Kept) => void) => (): FakeBackend => {
  const backend = sample();
  how(backend.kept.get("sample-1") as Kept);
  return backend;
};

/** One key, and its sheets. */
export const DETAIL: State[] = [
  {
    name: "a secret shown",
    reach: async (opened) => {
      await select(opened, "chat");
      await click(opened, words.detail.show);
      return screen.findByTestId("revealed");
    },
  },
  {
    name: "being verified",
    reach: async (opened) => {
      await select(opened, "chat");
      await click(opened, words.status.verify);
      return button(words.key.status.stopVerifying);
    },
  },
  { name: "refused", reach: (opened) => select(opened, "agents") },
  { name: "switched off", reach: (opened) => select(opened, "shop-admin") },
  { name: "a conflict", reach: async (opened) => (await select(opened, "shop-admin"), screen.findByText(words.conflict.title)) },
  {
    name: "the day on which it expires",
    reach: async (opened) => {
      await select(opened, "chat");
      await click(opened, words.key.expiry.setLabel);
      await opened.user.type(await screen.findByLabelText(words.key.expiry.label), "soon{Enter}");
      return screen.findByText(words.edit.expiresWrong);
    },
  },
  {
    name: "many fields",
    backend: withWork((work) => work.versions.at(-1)?.fields.push(...Array.from({ length: 29 }, (_, i) => ({ name: `part ${i}`, value: "v".repeat(500), secret: false })))),
    reach: (opened) => select(opened, "chat"),
  },
  { name: "a copy that the keychain lacks", backend: withWork((work) => (work.mirrorBehind = true)), reach: (opened) => select(opened, "chat") },
  {
    name: "a key that cannot be shown",
    reach: async (opened) => {
      await waitFor(() => screen.getByText("chat", { selector: "[role=option] bdi" }));
      opened.backend.failNext("RECORD_DAMAGED", "show");
      await opened.user.click(screen.getByText("chat", { selector: "[role=option] bdi" }));
      return screen.findByText(words.errors.RECORD_DAMAGED[0]);
    },
  },
  {
    name: "the history",
    reach: async (opened) => {
      await select(opened, "chat");
      await click(opened, words.detail.history);
      return screen.findByText(words.history.version(1));
    },
  },
  {
    name: "the sheet to edit",
    reach: async (opened) => {
      await select(opened, "chat");
      await click(opened, words.detail.edit);
      return dialog();
    },
  },
  {
    name: "the sheet to add",
    reach: async (opened) => {
      await screen.findAllByRole("option");
      await opened.user.keyboard("{Control>}n{/Control}");
      await opened.user.click(await screen.findByLabelText(words.edit.secret));
      await opened.user.paste("ghp_invented000000000000000000000sb0");
      await waitFor(() => screen.getByDisplayValue("GitHub"));
      await opened.user.type(screen.getByLabelText(words.edit.name), "releases");
    },
  },
  {
    name: "everything that can be added",
    reach: async (opened) => {
      await screen.findAllByRole("option");
      await opened.user.keyboard("{Control>}n{/Control}");
      await dialog();
      await click(opened, words.edit.more);
      await click(opened, words.edit.anotherField);
      await click(opened, words.edit.save);
      return screen.findByText(words.edit.secretEmpty);
    },
  },
  {
    name: "a key that is not saved",
    reach: async (opened) => {
      await select(opened, "chat");
      await click(opened, words.detail.edit);
      await opened.user.type(await screen.findByLabelText(words.edit.name), "2");
      opened.backend.failNext("DISK_FULL", "edit");
      await click(opened, words.edit.save);
      return screen.findByText(words.errors.DISK_FULL[0]);
    },
  },
];

import { screen } from "@testing-library/dom";

import { FakeBackend } from "../../src/backend/fake/fake";
import { words } from "../../src/words/words";
import { button, click, go, sample, type State } from "./state";

const empty = () => new FakeBackend();
const alone = () => Object.assign(sample(), { server: undefined, others: [], lastSync: undefined, homes: new FakeBackend().homes });
const locked = (why: NonNullable<FakeBackend["locked"]>) => () => Object.assign(sample(), { locked: why });

/** Before there is a vault or an account, and while it is closed; the picker. */
export const FIRST: State[] = [
  { name: "welcome", backend: empty, reach: () => screen.findByText(words.welcome.title) },
  { name: "welcome with a kit", backend: empty, reach: (opened) => click(opened, words.welcome.kit) },
  { name: "no sync yet", backend: alone, reach: async (opened) => (await go(opened, "sync"), button(words.sync.setUp)) },
  { name: "setting up sync", backend: alone, reach: async (opened) => (await go(opened, "sync"), await click(opened, words.sync.setUp), screen.findByLabelText(words.sync.server)) },
  {
    name: "sync is set up",
    backend: alone,
    reach: async (opened) => {
      await go(opened, "sync");
      await click(opened, words.sync.setUp);
      await opened.user.type(await screen.findByLabelText(words.sync.server), "https://keys.example.net");
      for (const label of [words.sync.password, words.sync.passwordAgain]) await opened.user.type(screen.getByLabelText(label), "correct horse");
      for (const choose of screen.getAllByRole("button", { name: new RegExp(`^${words.common.choose}`) })) await opened.user.click(choose);
      await click(opened, words.sync.setUp);
      await click(opened, words.sync.wordsShow);
      return screen.findByTestId("recovery-page");
    },
  },
  { name: "locked without its key", backend: locked("LOCKED"), reach: () => screen.findByText(words.unlock.title) },
  { name: "locked, with the recovery file", backend: locked("LOCKED"), reach: (opened) => click(opened, words.unlock.withRecovery) },
  { name: "locked by a password", backend: locked("PASSWORD_NEEDED"), reach: () => screen.findByText(words.unlock.passwordTitle) },
  { name: "a first password", backend: locked("NEW_PASSWORD_NEEDED"), reach: () => screen.findByText(words.unlock.beginTitle) },
  {
    name: "a vault that does not open",
    backend: () => {
      const backend = sample();
      backend.failNext("CACHE_DAMAGED", "overview");
      return backend;
    },
    reach: () => button(words.common.tryAgain),
  },
  { name: "the keychain waits", reach: async ({ backend }) => (await screen.findAllByRole("option"), backend.keychainWaits(), button(words.common.stopWaiting)) },
  { name: "the picker", picker: true, reach: () => screen.findAllByRole("option") },
  { name: "the picker of a locked vault", picker: true, backend: locked("PASSWORD_NEEDED"), reach: () => screen.findByText(words.errors.PASSWORD_NEEDED[0]) },
];

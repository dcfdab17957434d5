import { screen, waitFor } from "@testing-library/dom";

import { language, words } from "../../src/words/words";
import { button, click, dialog, select, type Opened, type State } from "./state";

const palette = async ({ user }: Opened, typed: string) => {
  await screen.findAllByRole("option");
  await user.keyboard("{Control>}k{/Control}");
  const field = await screen.findByRole("combobox", { name: words.main.palette.placeholder });
  if (typed !== "") await user.type(field, typed);
};

/** The list of keys, and what is done to many of them. */
export const LIST: State[] = [
  { name: "keys", reach: async (opened) => (await select(opened, "chat"), screen.findByRole("region", { name: words.key.activity.title })) },
  {
    name: "nothing found",
    reach: async ({ user }) => {
      await user.type(await screen.findByRole("combobox"), "label:none zzz");
      return button(words.main.filter.drop);
    },
  },
  {
    name: "the menu of filters",
    reach: async (opened) => {
      await click(opened, words.main.filter.button);
      return screen.findByRole("menu");
    },
  },
  {
    name: "filters in use",
    reach: async (opened) => {
      await click(opened, words.main.filter.button);
      await screen.findByRole("menu");
      await opened.user.keyboard("{Enter}{Escape}");
      return button(words.main.filter.clear);
    },
  },
  {
    name: "several chosen",
    reach: async ({ user }) => {
      await screen.findAllByRole("option");
      await user.keyboard("{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
      return screen.findByText(words.main.chosen.count(3));
    },
  },
  {
    name: "something under way",
    reach: async (opened) => {
      await screen.findAllByRole("option");
      await opened.user.keyboard("{Control>}a{/Control}");
      await click(opened, words.main.chosen.verify);
      return button(words.main.chosen.stop);
    },
  },
  {
    name: "labels for several",
    reach: async (opened) => {
      await screen.findAllByRole("option");
      await opened.user.keyboard("{Control>}a{/Control}");
      await click(opened, words.main.chosen.label);
      return dialog();
    },
  },
  { name: "the palette", reach: async (opened) => (await palette(opened, ""), dialog()) },
  { name: "the palette about a key", reach: async (opened) => (await palette(opened, "chat{Enter}"), button(words.main.palette.back)) },
  { name: "the palette without anything", reach: async (opened) => (await palette(opened, "zzzz"), waitFor(() => screen.getAllByText(words.main.palette.none))) },
  {
    name: "the shortcuts",
    reach: async ({ user }) => {
      await screen.findAllByRole("option");
      await user.keyboard("?");
      return dialog();
    },
  },
  {
    name: "a failure",
    reach: async (opened) => {
      await select(opened, "chat");
      opened.backend.failNext("CLIPBOARD", "copy");
      await opened.user.click(await screen.findByRole("button", { name: words.detail.copyField(fieldOf()) }));
      return screen.findByText(words.errors.CLIPBOARD[0]);
    },
  },
  {
    name: "something done",
    reach: async (opened) => {
      await select(opened, "chat");
      await click(opened, words.detail.trash);
      return button(words.common.undo);
    },
  },
];

/** What the key's first field is called. */
const fieldOf = () => (language === "es" ? "Clave de API" : "API key");

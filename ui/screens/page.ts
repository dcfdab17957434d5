import "../src/app.css";
import "../src/fonts.css";

import { configure } from "@testing-library/dom";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { mount, unmount } from "svelte";

import App from "../src/App.svelte";
import Picker from "../src/picker/Picker.svelte";
import { Preferences } from "../src/state/preferences.svelte";
import type { Language } from "../src/words/words";
import { DETAIL } from "./states/detail";
import { FIRST } from "./states/first";
import { LIST } from "./states/list";
import { PAGES } from "./states/pages";
import { sample, type State } from "./states/state";

// What the driver calls, from outside of the page.

const ALL: State[] = [...LIST, ...DETAIL, ...PAGES, ...FIRST];
configure({ asyncUtilTimeout: 10_000, getElementError: (message) => new Error(message ?? "") });

// A screen is looked at as it stays: no caret, nothing on its way, no scrollbar that is about to go.
const still = document.createElement("style");
still.textContent = "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent !important; scrollbar-width: none; }";
document.head.append(still);

let shown: Record<string, unknown> | undefined;

/** Opens a new window and goes to where this state is. */
async function show(name: string, language: Language): Promise<void> {
  const state = ALL.find((one) => one.name === name);
  if (!state) throw new Error(`there is no state "${name}"`);
  if (shown) await unmount(shown);
  const target = document.getElementById("app") as HTMLElement;
  document.body.replaceChildren(target);
  document.body.removeAttribute("style");
  const backend = await (state.backend ?? sample)();
  backend.chosen = { ...backend.chosen, language, theme: theme() };
  await new Preferences(backend).load();
  shown = mount(state.picker ? Picker : App, { target, props: { backend } });
  await state.reach({ backend, user: userEvent.setup({ delay: null }) });
  await document.fonts.ready;
  await frames();
}

/** The style alone: what is shown stays. */
function paint(chosen: "light" | "dark"): void {
  document.documentElement.dataset["theme"] = chosen;
}

/** What axe finds in what is shown now; given names, by these rules alone. */
async function look(rules?: string[]): Promise<string[]> {
  await frames();
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }) });
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${help}\n    ${html}\n    ${failureSummary ?? ""}`));
}

/** Shows a state and has axe look at it: with all its rules in the first of the themes, with `further` in the others. */
async function visit(name: string, language: Language, themes: ("light" | "dark")[], further: string[]): Promise<Record<string, string[]>> {
  const [first = "light", ...others] = themes;
  paint(first);
  await show(name, language);
  const told = { [first]: await look() };
  for (const one of others) {
    paint(one);
    told[one] = await look(further);
  }
  return told;
}

const theme = () => (document.documentElement.dataset["theme"] === "dark" ? "dark" : "light");
const frames = () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

Object.assign(globalThis, { screens: { names: ALL.map(({ name }) => name), show, paint, visit } });

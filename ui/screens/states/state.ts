import { screen, waitFor } from "@testing-library/dom";
import type { UserEvent } from "@testing-library/user-event";

import type { FakeBackend } from "../../src/backend/fake/fake";
import { sampleBackend } from "../../src/backend/fake/sample";
import { words } from "../../src/words/words";

export interface Opened {
  backend: FakeBackend;
  user: UserEvent;
}

/** Something that the window can show, and how a person gets there. */
export interface State {
  name: string;
  /** What is there before the window opens; left out, the sample. */
  backend?: () => FakeBackend | Promise<FakeBackend>;
  /** The small window in place of the large one. */
  picker?: true;
  reach: (opened: Opened) => Promise<unknown>;
}

/** The sample, without the time that it takes in a browser. */
export function sample(): FakeBackend {
  const backend = sampleBackend();
  backend.delay = 0;
  backend.answersAfter = 3_600_000;
  return backend;
}

/** The button that begins with these words. */
export const button = (text: string) => screen.findByRole("button", { name: new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`) });
export const click = async ({ user }: Opened, text: string) => user.click(await button(text));
export const dialog = () => screen.findByRole("dialog");

/** Shows the details of the key with this name. */
export async function select({ user }: Opened, name: string): Promise<void> {
  await user.click(await waitFor(() => screen.getByText(name, { selector: "[role=option] .font-medium bdi" })));
  await screen.findByRole("heading", { name });
}

export async function go(opened: Opened, view: keyof typeof words.nav): Promise<void> {
  await click(opened, words.nav[view]);
}

export const beginning = (text: string) => new RegExp(`^${text}`);

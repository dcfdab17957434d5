import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { words, type ErrorCode } from "../../words/words";
import type { openWindow } from "../window";

export type Opened = Awaited<ReturnType<typeof openWindow>>;

/** A way in which a person meets failures: a command that they have done from a screen. */
export interface Way {
  name: string;
  /** Those that can come up there. */
  codes: readonly ErrorCode[];
  /** The command of the backend that fails. */
  command: string;
  /** Where the words have to stand: at the foot of the window, in a note inside of what this finds, or as `said` has it. */
  place: "notices" | string;
  /** Opens the window, and does everything but the last step. */
  reach: () => Promise<Opened>;
  /** The last step, which can be done again and again while it fails. */
  act: (opened: Opened) => Promise<unknown>;
  /** What shows that the step has worked, once nothing fails any more. */
  arrives: (opened: Opened) => unknown;
}

/**
 * Fails each of these codes in turn, in one window: its three parts stand in their place, nothing that was entered is lost, and
 * in the end the person goes on.
 */
export function failsWell(ways: readonly Way[]): void {
  it.each(ways.map((way) => [way.name, way] as const))("%s", async (_, way) => {
    const opened = await way.reach();
    const entered = fields();
    for (const code of way.codes) {
      opened.backend.failNext(code, way.command);
      await way.act(opened);
      await waitFor(() => expect(said(way.place), code).toContain(words.errors[code].join(" ")));
      await waitFor(() => expect(fields(), `after ${code}`).toEqual(entered));
      if (way.place === "notices") await dismiss(opened);
    }
    await way.act(opened);
    await waitFor(() => way.arrives(opened));
  });
}

export async function dismiss({ user }: Opened): Promise<void> {
  await user.click(screen.getByRole("button", { name: words.common.dismiss }));
  await waitFor(() => expect(said("notices")).toBe(""));
}

/** What a note says there; a paragraph after the other. */
export function said(place: string): string {
  const note = document.querySelector(place === "notices" ? "#notices > [role=alert]" : `${place} [role=alert]`);
  return [...(note?.querySelectorAll("p") ?? [])].map((one) => one.textContent.trim()).join(" ");
}

/** Everything that a person typed, chose or switched. */
function fields(): string[] {
  const typed = [...document.querySelectorAll<HTMLInputElement>("input, textarea, select")].map((one) => (["radio", "checkbox"].includes(one.type) ? String(one.checked) : one.value));
  return [...typed, ...[...document.querySelectorAll("[role=switch]")].map((one) => String(one.getAttribute("aria-checked")))];
}

/** The cache, which every command reads or writes. */
export const CACHE = ["DISK_FULL", "READ_ONLY", "CACHE_DAMAGED", "CACHE_NEWER", "CACHE_BUSY", "CACHE_FAILED"] as const;
export const KEYCHAIN = ["KEYCHAIN_NOT_AVAILABLE", "KEYCHAIN_LOCKED", "KEYCHAIN_FULL", "KEYCHAIN_DAMAGED", "KEYCHAIN_CANCELLED", "KEYCHAIN_FAILED"] as const;
/** What can be the matter with a server that is asked for the first time. */
export const SERVER = [
  "SERVER_UNREACHABLE", "SERVER_TIMED_OUT", "SERVER_NOT_KEYMOOR", "SERVER_TLS", "SERVER_WRONG_PIN", "SERVER_BUSY", "SERVER_REFUSED", "SERVER_FAILED",
] as const;
export const ALARMS = ["ALARM_CHAIN_BROKEN", "ALARM_STATE_WRONG", "ALARM_KEYS_DOCUMENT", "ALARM_ROLLED_BACK", "ALARM_PUT_BACK", "ALARM_SESSION_STOLEN"] as const;

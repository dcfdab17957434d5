import { render, screen } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";

import App from "../App.svelte";
import type { AddRequest } from "../backend/backend";
import { FakeBackend } from "../backend/fake/fake";

export const SECRET = "sk-test-invented-0000000000Qr7T";

export function request(name: string, more: Partial<AddRequest> = {}): AddRequest {
  return { provider: "OpenAI", name, secret: SECRET, fields: [], labels: [], ...more };
}

/** The whole window over a vault that holds credentials of these names. */
export async function openWindow(names: string[] = [], backend = new FakeBackend(), user: UserEvent = userEvent.setup(), opens = backend.locked === undefined) {
  for (const name of names) await backend.add(request(name));
  backend.calls.length = 0;
  render(App, { backend });
  if (opens) await screen.findByRole("navigation");
  return { backend, user };
}

export const row = (name: string) => screen.findByRole("option", { name: new RegExp(name) });
export const rowNames = () => screen.queryAllByRole("option").map((option) => option.querySelector(".font-medium")?.textContent ?? "");

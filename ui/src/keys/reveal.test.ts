import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, SECRET } from "../test/window";
import { SHOWN_FOR } from "./reveal";

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
});

async function reveal() {
  const opened = await openWindow(["work", "zeta"], new FakeBackend(), userEvent.setup({ advanceTimers: vi.advanceTimersByTime.bind(vi) }));
  await opened.user.click(await screen.findByRole("button", { name: "Show API key" }));
  expect(await screen.findByText(SECRET)).toBeVisible();
  return opened;
}

it("hides a revealed secret after ten seconds", async () => {
  const { backend } = await reveal();
  await vi.advanceTimersByTimeAsync(SHOWN_FOR - 1_500);
  expect(screen.getByText(SECRET)).toBeVisible();
  await vi.advanceTimersByTimeAsync(1_500);
  await waitFor(() => expect(document.body.innerHTML).not.toContain(SECRET));
  expect(backend.calls.filter((call) => call.command === "reveal")).toHaveLength(1);
});

it("hides it when another key is selected", async () => {
  const { user } = await reveal();
  await user.click(screen.getByRole("option", { name: /zeta/ }));
  await waitFor(() => expect(document.body.innerHTML).not.toContain(SECRET));
});

it("hides it when the window loses the focus", async () => {
  await reveal();
  await fireEvent.blur(window);
  await waitFor(() => expect(document.body.innerHTML).not.toContain(SECRET));
});

it("drops an answer that comes after the person moved on", async () => {
  const { backend, user } = await openWindow(["work", "zeta"], new FakeBackend(), userEvent.setup({ advanceTimers: vi.advanceTimersByTime.bind(vi) }));
  const show = await screen.findByRole("button", { name: "Show API key" });
  backend.delay = 500;
  await user.click(show);
  await user.click(screen.getByRole("option", { name: /zeta/ }));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(backend.calls.some((call) => call.command === "reveal")).toBe(true);
  expect(document.body.innerHTML).not.toContain(SECRET);
});

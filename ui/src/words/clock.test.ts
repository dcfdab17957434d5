import { screen } from "@testing-library/svelte";
import { afterEach, expect, it, vi } from "vitest";

import { sampleBackend } from "../backend/fake/sample";
import { openWindow } from "../test/window";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("says how long ago something was anew when somebody comes to look, and has no timer for it", async () => {
  const intervals = vi.spyOn(globalThis, "setInterval");
  const backend = sampleBackend();
  backend.delay = 0;
  await openWindow([], backend);
  expect(await screen.findByText("Synced 2 min. ago")).toBeVisible();
  vi.useFakeTimers({ now: Date.now() + 10 * 60_000 });
  window.dispatchEvent(new Event("focus"));
  await Promise.resolve();
  expect(screen.getByText("Synced 12 min. ago")).toBeVisible();
  // Those of the test's own waiting are quicker.
  expect(intervals.mock.calls.filter(([, pause]) => (pause ?? 0) >= 1_000)).toEqual([]);
});

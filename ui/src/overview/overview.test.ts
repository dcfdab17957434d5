import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { now } from "../backend/fake/kept";
import { openWindow, request } from "../test/window";
import { DAY, everyDay, expiring, unused } from "./counts";

async function openOverview(backend: FakeBackend) {
  const opened = await openWindow([], backend);
  await opened.user.click(screen.getByRole("button", { name: "Overview" }));
  await screen.findByRole("heading", { name: "Overview" });
  return opened;
}

async function vault() {
  const backend = new FakeBackend();
  for (const name of ["work", "home", "old"]) await backend.add(request(name));
  await backend.add(request("ci", { provider: "GitHub" }));
  const [work, home, old, ci] = [...backend.kept.values()];
  if (!work || !home || !old || !ci) throw new Error("not kept");
  work.said = { verdict: "valid", at: 1 };
  home.said = { verdict: "invalid", at: 1 };
  now(old).off = true;
  now(ci).expires = Date.now() + 5.5 * DAY;
  now(work).expires = Date.now() + 90 * DAY;
  work.usedAt = home.usedAt = 5;
  return backend;
}

const labels = (region: string) => within(screen.getByRole("region", { name: region })).getAllByRole("listitem").map((item) => item.textContent.replace(/\s+/g, " ").trim());

it("counts by status and provider, and leads to the keys that it counts", async () => {
  const { user } = await openOverview(await vault());
  expect(labels("By status")).toEqual(["Connected 1", "Refused 1", "Not checked 1", "Off 1", "2 keys need care"]);
  expect(labels("By provider")).toEqual(["OpenAI 3", "GitHub 1"]);
  await user.click(screen.getByRole("button", { name: "Refused: 1 key. Show it" }));
  expect(await screen.findByRole("combobox")).toHaveValue("status:error");
  await user.click(screen.getByRole("button", { name: "Overview" }));
  await user.click(await screen.findByRole("button", { name: "OpenAI: 3 keys. Show them" }));
  expect(await screen.findByRole("combobox")).toHaveValue("provider:OpenAI");
  await user.click(screen.getByRole("button", { name: "Overview" }));
  await user.click(await screen.findByRole("button", { name: "2 keys need care" }));
  expect(screen.getByRole("button", { name: /^Needs care/ })).toHaveAttribute("aria-current", "page");
});

it("shows what expires next, and what was never used", async () => {
  const { user } = await openOverview(await vault());
  const [first, second] = labels("Expires next");
  expect(first).toBe("ci GitHub Expires in 5 days");
  expect(second).toMatch(/^work OpenAI \w+ \d+, \d{4}$/);
  expect(labels("Never used")).toEqual(["old OpenAI", "ci GitHub"]);
  await user.click(within(screen.getByRole("region", { name: "Expires next" })).getByRole("button", { name: /^ci/ }));
  expect(await screen.findByRole("heading", { name: "ci" })).toBeVisible();
});

it("shows verifications as a chart with words, as a table, and in the activity", async () => {
  const backend = await vault();
  const at = Math.floor(Date.now() / DAY) * DAY;
  const verified = (when: number, failed: boolean) => ({ at: when, failed, event: { event: "verified" as const, name: "openai/work", verdict: failed ? "invalid" : "valid" } });
  backend.happened = [verified(at, false), verified(at, true), verified(at - 2 * DAY, false), verified(at - 40 * DAY, false)];
  const { user } = await openOverview(backend);
  expect(await screen.findByRole("img", { name: "Verifications (Asked for, or with a new answer; this device, 30 days): 3 verifications, 1 of them without success" })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Show as a table" }));
  expect(screen.getByRole("button", { name: "Show as a chart" })).toBeVisible();
  const rows = within(screen.getByRole("table")).getAllByRole("row").slice(1);
  expect(rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent))).toEqual([["1", "1"], ["1", "0"]]);
  await user.click(screen.getByRole("button", { name: "See them in the activity" }));
  expect(await screen.findByLabelText("Kind")).toHaveDisplayValue("Verified");
  await waitFor(() => expect(screen.getAllByRole("listitem")).toHaveLength(3));
});

it("says when there is nothing to count, and when the chart cannot be read", async () => {
  const backend = new FakeBackend();
  const { user } = await openOverview(backend);
  expect(await screen.findByText("No keys yet")).toBeVisible();
  await user.click(within(screen.getByRole("region", { name: "Overview" })).getByRole("button", { name: "Add key" }));
  expect(await screen.findByRole("dialog")).toBeVisible();
  await user.keyboard("{Escape}");
  await backend.add(request("work"));
  expect(await screen.findByText("No key was verified in this time.")).toBeVisible();
  expect(screen.getByText("No key has a date.")).toBeVisible();
  backend.failNext("CACHE_BUSY");
  backend.verifications(0).catch(() => undefined);
  const read = backend.verifications.bind(backend);
  backend.verifications = async (since) => {
    backend.failNext("CACHE_BUSY");
    return read(since);
  };
  backend.changedElsewhere(() => undefined);
  expect(await screen.findByText("Another program holds the cache for long.")).toBeVisible();
});

it("has a place for every day, and forgets nobody who expires or was never used", async () => {
  const noon = 20_000 * DAY + DAY / 2;
  const days = everyDay([{ at: 19_999 * DAY, total: 4, failed: 1 }], 3, noon);
  expect(days).toEqual([{ at: 19_998 * DAY, total: 0, failed: 0 }, { at: 19_999 * DAY, total: 4, failed: 1 }, { at: 20_000 * DAY, total: 0, failed: 0 }]);
  const { listings } = await (await vault()).overview(false);
  expect(expiring(listings).map(({ key }) => key.name)).toEqual(["ci", "work"]);
  expect(unused(listings).map(({ name }) => name)).toEqual(["old", "ci"]);
});

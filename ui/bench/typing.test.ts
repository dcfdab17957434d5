import { screen, waitFor } from "@testing-library/svelte";
import { writeFileSync } from "node:fs";
import { flushSync, tick } from "svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../src/backend/fake/fake";
import { openWindow } from "../src/test/window";

const KEYS = 10_000;
/** Of each stroke the best counts: now and then memory is tidied up meanwhile. */
const ROUNDS = 12;
/** Typed letter by letter, and taken away again: words, a filter, and something that nothing fits. */
const TYPED = ["billing", "label:prod nightly-4", "zzzz"];

it("takes what is typed into the search", async () => {
  const { field } = await full();
  const strokes = TYPED.flatMap((text) => [...range(1, text.length), ...range(1, text.length).reverse().map((end) => end - 1)].map((end) => text.slice(0, end)));
  const best = strokes.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, text] of strokes.entries()) {
      const begun = worked();
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await drawn();
      best[at] = Math.min(best[at] ?? Infinity, worked() - begun);
      await new Promise((rest) => setTimeout(rest));
      const first = document.querySelector("[role=option] .font-medium")?.textContent;
      if (text === "billing" || text === "zzzz") expect(first?.replace(/-.*/, "")).toBe(text === "zzzz" ? undefined : text);
    }
  }
  best.sort((a, b) => a - b);
  const at = (part: number) => Number((best[Math.floor((best.length - 1) * part)] ?? 0).toFixed(2));
  const figures = { keys: KEYS, strokes: strokes.length, medianMs: at(0.5), p95Ms: at(0.95), worstMs: at(1) };
  expect(figures.strokes).toBeGreaterThan(50);
  writeFileSync(process.env["KEYMOOR_BENCH_OUT"] ?? "/dev/stdout", `${JSON.stringify(figures)}\n`);
});

/** Milliseconds that this process has worked: what else the machine does is not in it. */
function worked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Until the whole window is as it will be shown: a list that was not there before measures itself first. */
async function drawn(): Promise<void> {
  flushSync();
  await tick();
  for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
  flushSync();
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

async function full() {
  const backend = new FakeBackend();
  const providers = ["OpenAI", "GitHub", "AWS", "Stripe", "Twilio", "npm", "Anthropic", "Slack"];
  const names = ["billing", "search", "voice", "nightly", "reports", "staging", "import", "mail"];
  for (let i = 0; i < KEYS; i += 1) {
    const [provider = "", name = ""] = [providers[i % 8], names[(i >> 3) % 8]];
    const version = { at: 0, name: `${name}-${i}`, provider, labels: i % 3 === 0 ? ["prod"] : [], note: "for the nightly job", fields: [] };
    backend.kept.set(`id-${i}`, { id: `id-${i}`, createdAt: 0, trashed: false, conflicts: [], versions: [version] });
  }
  await openWindow([], backend);
  await waitFor(() => expect(screen.getAllByRole("option").length).toBeGreaterThan(5));
  return { field: screen.getByRole<HTMLInputElement>("combobox") };
}

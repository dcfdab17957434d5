// Prints, as one line of JSON, how long the window takes for each letter that is typed into the search of 10,000 keys.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const place = mkdtempSync(join(tmpdir(), "keymoor-bench-"));
const figures = join(place, "figures.json");
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const run = spawnSync(process.execPath, [vitest, "run", "--config", "bench/vitest.config.js"], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  env: { ...process.env, KEYMOOR_BENCH_OUT: figures },
  stdio: ["ignore", "ignore", "inherit"],
});
if (run.status === 0) process.stdout.write(readFileSync(figures));
rmSync(place, { recursive: true });
process.exitCode = run.status ?? 1;

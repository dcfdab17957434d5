// Every screen of the window, in the engine that it has, over an invented vault:
//   node screens/run.js axe [STATE]      whether everybody can use it
//   node screens/run.js pictures DIR     the pictures of docs/screens.md
//   node screens/run.js all DIR [WIDTH HEIGHT LANGUAGE THEME]
import process from "node:process";
import { fileURLToPath } from "node:url";

import { createServer } from "vite";

import { findNothing } from "./axe.js";
import { openBrowser } from "./browser.js";
import { makeAll, makePictures } from "./pictures.js";

const [mode, first, width = "1200", height = "760", language = "en", theme = "light"] = process.argv.slice(2);
const chores = {
  axe: (page) => findNothing(page, first),
  pictures: first && ((page) => makePictures(page, first)),
  all: first && ((page) => makeAll(page, first, { width: Number(width), height: Number(height), language, theme })),
};
const chore = chores[mode];
if (!chore) {
  process.stderr.write("node screens/run.js axe [STATE] | pictures DIR | all DIR [WIDTH HEIGHT LANGUAGE THEME]\n");
  process.exit(2);
}

const server = await createServer({
  root: fileURLToPath(new URL("..", import.meta.url)),
  logLevel: "warn",
  server: { port: 0, strictPort: false, hmr: false, watch: null },
  optimizeDeps: { entries: ["screens/index.html"] },
});
let browser;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (browser?.close(), process.exit(1)));
try {
  await server.listen();
  browser = await openBrowser();
  await browser.go(`${server.resolvedUrls?.local[0]}screens/index.html`);
  await browser.ask("while (globalThis.screens === undefined) await new Promise((resolve) => setTimeout(resolve, 50))");
  process.exitCode = (await chore(browser)) ? 0 : 1;
} finally {
  browser?.close();
  await server.close();
}

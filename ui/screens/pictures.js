import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

import { withPalette } from "./png.js";

const SIZE = { width: 1200, height: 760 };
/** As large as its window. */
const PICKER = { width: 520, height: 380 };

/** What is in docs/screens.md: the picture's name, the state, and what is not as usual. */
const PICTURES = [
  ["keys", "keys"],
  ["keys-dark", "keys", { theme: "dark" }],
  ["keys-es", "keys", { language: "es" }],
  ["welcome", "welcome"],
  ["add", "the sheet to add"],
  ["filters", "the menu of filters"],
  ["chosen", "several chosen"],
  ["palette", "the palette about a key", { theme: "dark" }],
  ["conflict", "a conflict"],
  ["history", "the history"],
  ["care", "needs care"],
  ["services", "a service with two values"],
  ["activity", "activity"],
  ["overview", "overview"],
  ["devices", "devices"],
  ["trash", "the trash"],
  ["settings", "settings"],
  ["unlock", "locked without its key"],
  ["picker", "the picker", { size: PICKER }],
];

/** What comes a moment later, such as the activity of a key that is rested on, in milliseconds. */
const A_MOMENT = 450;

/** Writes the pictures into this folder. */
export async function makePictures(page, folder) {
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (const [name, state, { theme = "light", language = "en", size = SIZE } = {}] of PICTURES) {
    await page.resize(size.width, size.height);
    await page.ask("screens.paint(args[1]); await screens.show(args[0], args[2])", state, theme, language);
    await new Promise((resolve) => setTimeout(resolve, A_MOMENT));
    const picture = withPalette(await page.picture());
    bytes += picture.length;
    writeFileSync(join(folder, `${name}.png`), picture);
  }
  process.stdout.write(`${PICTURES.length} pictures, ${Math.round(bytes / 1024)} kB\n`);
  return true;
}

/** Every state, as it comes out of the browser: for a look at all of them. */
export async function makeAll(page, folder, { width, height, language, theme }) {
  mkdirSync(folder, { recursive: true });
  await page.resize(width, height);
  for (const name of await page.ask("return screens.names")) {
    await page.ask("screens.paint(args[1]); await screens.show(args[0], args[2])", name, theme, language);
    writeFileSync(join(folder, `${name.replaceAll(" ", "-").replaceAll(",", "")}.png`), await page.picture());
  }
  return true;
}

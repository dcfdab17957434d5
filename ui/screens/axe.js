import process from "node:process";

/** Words do not hang on colours, nor colours on words: each state is looked at in every language, theme and size, not in every product of them. */
const ROUNDS = [
  // The longest words in the least room.
  { width: 900, height: 600, language: "es", themes: ["light", "dark"] },
  { width: 1600, height: 1000, language: "en", themes: ["dark", "light"] },
];
/** All that another theme changes. */
const OF_COLOUR = ["color-contrast"];

/** Looks at every state. Answers whether axe found nothing. */
export async function findNothing(page, only) {
  const started = Date.now();
  const names = (await page.ask("return screens.names")).filter((name) => only === undefined || name === only);
  const found = new Map();
  const note = (what, where) => found.set(what, [...(found.get(what) ?? []), where]);
  for (const { width, height, language, themes } of ROUNDS) {
    await page.resize(width, height);
    for (const name of names) {
      const where = `"${name}" (${language}, ${width} x ${height}`;
      try {
        const told = await page.ask("return screens.visit(...args)", name, language, themes, OF_COLOUR);
        for (const [theme, findings] of Object.entries(told)) for (const one of findings) note(one, `${where}, ${theme})`);
      } catch (error) {
        note(`cannot be reached: ${error.message}`, `${where})`);
      }
    }
  }
  for (const [what, where] of found) process.stdout.write(`${what}\n    in ${where.slice(0, 4).join(", ")}${where.length > 4 ? ` and ${where.length - 4} more` : ""}\n\n`);
  process.stdout.write(`axe: ${names.length} states, ${found.size} findings, ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
  return names.length > 0 && found.size === 0;
}

import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { dictionaries } from "../../words/words";
import { DEEDS } from "./deeds";
import { FORMS } from "./forms";
import { ELSEWHERE } from "./pages";

/** Notices that have words of their own: they are no trouble. */
const NO_TROUBLE = ["CACHE_REBUILT", "CACHE_SET_ASIDE", "CACHE_WAS_OLDER", "HEALED"];
const known = Object.keys(dictionaries.en.errors).sort();

/** The stable codes in a source of the shell, up to its tests. */
function codesIn(file: string): string[] {
  const source = readFileSync(`../src-tauri/src/${file}`, "utf8").split("#[cfg(test)]\nmod tests")[0] ?? "";
  return [...source.matchAll(/"([A-Z]+(?:_[A-Z]+)*)"/g)].map(([, code]) => code ?? "").filter((code) => code.length > 3);
}

it("has words for each code that the shell sends and the window finds itself, and for no other", () => {
  const dropped = [...readFileSync("src/state/dropping.svelte.ts", "utf8").matchAll(/code: "(\w+)"/g)].map(([, code]) => code ?? "");
  const notices = [...codesIn("answers.rs"), ...codesIn("commands/state.rs")].filter((code) => !NO_TROUBLE.includes(code));
  const sent = [...codesIn("failure.rs"), ...notices, ...dropped];
  expect([...new Set(sent)].sort()).toEqual(known);
  expect(known.length).toBeGreaterThan(80);
});

it("shows each of them where it can come up: these tests forget none", () => {
  const met = [...FORMS, ...DEEDS].flatMap(({ codes }) => codes);
  expect([...new Set<string>([...met, ...ELSEWHERE])].sort()).toEqual(known);
});

it("gives each its three parts, as sentences, in both languages", () => {
  for (const { errors } of Object.values(dictionaries)) {
    for (const [code, parts] of Object.entries(errors)) {
      expect(parts, code).toHaveLength(3);
      for (const part of parts) expect(part, code).toMatch(/^[A-ZÁÉÍÓÚÑ¿].*\.$/s);
    }
  }
});

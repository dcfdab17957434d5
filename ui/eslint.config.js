import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

// One folder speaks Tauri; everything else speaks to the `Backend` interface.
const onlyBackendSpeaksTauri = {
  "no-restricted-imports": ["error", { patterns: [{ group: ["@tauri-apps/*"], message: "Only src/backend/tauri may import Tauri." }] }],
};

export default ts.config(
  { ignores: ["dist/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: { ...onlyBackendSpeaksTauri, "no-console": "error", eqeqeq: "error" },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig } },
  },
  { files: ["src/backend/tauri/**"], rules: { "no-restricted-imports": "off" } },
);

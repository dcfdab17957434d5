import { describe, expect, it } from "vitest";

import { dictionaries, languageOf, trouble } from "./words";

function keys(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path}:${Array.isArray(value) ? value.length : typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => keys(inner, `${path}.${key}`));
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") return [String((value as (...args: unknown[]) => unknown)(2, 2))];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

describe("dictionaries", () => {
  it("have the same keys in both languages", () => {
    expect(keys(dictionaries.es)).toEqual(keys(dictionaries.en));
    expect(keys(dictionaries.en).length).toBeGreaterThan(150);
  });

  it.each(Object.entries(dictionaries))("leave nothing empty and never shout (%s)", (_, dictionary) => {
    for (const text of texts(dictionary)) {
      expect(text.trim()).not.toBe("");
      expect(text).not.toMatch(/[!¡]/);
    }
  });

  it("are chosen by the first language of the system that there is", () => {
    expect(languageOf(["fr-FR", "es-MX", "en"])).toBe("es");
    expect(languageOf(["de"])).toBe("en");
    expect(languageOf([])).toBe("en");
  });
});

describe("trouble", () => {
  it("turns a code into what happened, what is safe and what to do", () => {
    expect(trouble({ code: "WRONG_PASSWORD", message: "" }, dictionaries.es)).toEqual({
      what: "La contraseña no encaja.",
      safe: "Nada ha cambiado.",
      next: "Prueba otra vez; las mayúsculas cuentan.",
    });
  });

  it("never shows a message or an unknown code", () => {
    for (const error of [{ code: "toString", message: "sk-secret" }, new Error("sk-secret"), "sk-secret", null]) {
      expect(trouble(error)).toEqual(trouble({ code: "UNEXPECTED", message: "" }));
    }
  });
});

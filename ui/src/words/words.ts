import { asFailure } from "../backend/backend";
import { en, type Words } from "./en";
import type { ErrorCode } from "./errors.en";
import { es } from "./es";

export type Language = "en" | "es";
export type { ErrorCode, Words };

export const dictionaries: Record<Language, Words> = { en, es };

/** The first language of the system that there is a dictionary for; English otherwise. */
export function languageOf(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === "en" || language === "es") return language;
  }
  return "en";
}

export const language: Language = languageOf(navigator.languages);
export const words: Words = dictionaries[language];

export interface Trouble {
  what: string;
  safe: string;
  next: string;
}

/** What happened, what is safe, what to do: from the stable code alone, never from a message. */
export function trouble(error: unknown, dictionary: Words = words): Trouble {
  const { code } = asFailure(error);
  const [what, safe, next] = isKnown(code, dictionary) ? dictionary.errors[code] : dictionary.errors.UNEXPECTED;
  return { what, safe, next };
}

function isKnown(code: string, dictionary: Words): code is ErrorCode {
  return Object.hasOwn(dictionary.errors, code);
}

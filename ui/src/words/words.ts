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

/** The language of the window, and its words; both change with `speak`, after which the window is drawn anew. */
export let language: Language = languageOf(navigator.languages);
export let words: Words = dictionaries[language];

/** Speaks this language from now on; without one, that of the system. */
export function speak(chosen: Language | undefined): Language {
  language = chosen ?? languageOf(navigator.languages);
  words = dictionaries[language];
  document.documentElement.lang = language;
  return language;
}

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

import { expect, it, vi } from "vitest";

import { pagesAreAccessible } from "../test/pages.axe";
import { language } from "../words/words";

// Before anything asks for the language.
vi.hoisted(() => Object.defineProperty(navigator, "languages", { value: ["es-ES"], configurable: true }));

it("speaks Spanish here", () => expect(language).toBe("es"));

pagesAreAccessible();

import { expect, it, vi } from "vitest";

import { listIsAccessible } from "../test/list.axe";
import { language } from "../words/words";

// Before anything asks for the language.
vi.hoisted(() => Object.defineProperty(navigator, "languages", { value: ["es-ES"], configurable: true }));

it("speaks Spanish here", () => expect(language).toBe("es"));

listIsAccessible();

import axe, { type Result } from "axe-core";
import { expect } from "vitest";

/**
 * Expects that axe finds nothing in what is shown now. Contrast and target sizes need a browser that lays things out: the stories
 * in the real window look at those, in both themes.
 */
export async function expectAccessible(place: Element = document.body): Promise<void> {
  const { violations } = await axe.run(place, { rules: { ...NEEDS_LAYOUT, region: { enabled: place === document.body } } });
  expect(violations.map(told).join("\n")).toBe("");
}

const NEEDS_LAYOUT = { "color-contrast": { enabled: false }, "target-size": { enabled: false } };

function told({ id, help, nodes }: Result): string {
  return `${id}: ${help}\n${nodes.map(({ html }) => `  ${html}`).join("\n")}`;
}

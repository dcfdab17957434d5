import { expect, it } from "vitest";

import { expectAccessible } from "./axe";

it("finds what has no name", async () => {
  document.body.innerHTML = "<main><button></button></main>";
  await expect(expectAccessible()).rejects.toThrow(/button-name/);
  document.body.innerHTML = "<main><button>Save</button></main>";
  await expectAccessible();
  document.body.innerHTML = "";
});

import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import SuggestField from "./SuggestField.svelte";

function field() {
  const onentered = vi.fn();
  render(SuggestField, { label: "Provider", value: "", options: ["Anthropic", "Azure", "OpenAI", "xAI"], onentered });
  return { onentered, input: screen.getByRole("combobox", { name: "Provider" }), user: userEvent.setup() };
}
const offered = () => screen.queryAllByRole("option").map((option) => option.textContent?.trim());

it("offers what begins with what is typed, then what has it", async () => {
  const { input, user } = field();
  expect(offered()).toEqual([]);
  await user.type(input, "a");
  expect(offered()).toEqual(["Anthropic", "Azure", "OpenAI", "xAI"]);
  await user.type(input, "i");
  expect(offered()).toEqual(["OpenAI", "xAI"]);
  expect(input).toHaveFocus();
});

it("is picked by key, with the field keeping the focus", async () => {
  const { input, user, onentered } = field();
  await user.type(input, "a{ArrowDown}{ArrowDown}");
  expect(input).toHaveAttribute("aria-activedescendant", screen.getAllByRole("option")[1]?.id);
  await user.keyboard("{Enter}");
  expect(input).toHaveValue("Azure");
  expect(offered()).toEqual([]);
  expect(onentered).toHaveBeenCalledTimes(2);
});

it("is picked by mouse", async () => {
  const { input, user } = field();
  await user.type(input, "open");
  await user.click(screen.getByRole("option"));
  expect(input).toHaveValue("OpenAI");
  expect(input).toHaveFocus();
});

it("takes anything else, and offers no more after Escape or elsewhere", async () => {
  const { input, user } = field();
  await user.type(input, "az{Escape}");
  expect(offered()).toEqual([]);
  expect(input).toHaveValue("az");
  await user.type(input, "u");
  expect(offered()).toEqual(["Azure"]);
  await user.tab();
  expect(offered()).toEqual([]);
});

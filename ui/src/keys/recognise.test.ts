import { screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { openWindow, row } from "../test/window";

const OPENAI = "sk-proj-invented000000000000000000000000000009fQx";

async function pasted(text: string) {
  const opened = await openWindow();
  await opened.user.keyboard("{Control>}n{/Control}");
  await opened.user.click(await screen.findByLabelText("Secret"));
  await opened.user.paste(text);
  return opened;
}

it("tells whose a pasted key is, and asks for what belongs to it", async () => {
  const { user, backend } = await pasted(`${OPENAI}\n`);
  expect(await screen.findByText("A key of OpenAI.")).toBeVisible();
  expect(screen.getByLabelText("Provider")).toHaveValue("OpenAI");
  expect(screen.getByText("optional · Begins with proj_")).toBeVisible();
  await user.type(screen.getByLabelText("Project ID"), "proj_research");
  await user.type(screen.getByLabelText("Name"), "work");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await row("work");
  expect(backend.calls.find((call) => call.command === "add")?.args[0]).toEqual({
    provider: "openai", name: "work", secret: OPENAI, labels: [], fields: [{ name: "project", value: "proj_research", secret: false }],
  });
  expect(document.body.innerHTML).not.toContain(OPENAI);
});

it("looks at the secret once, when typing has paused", async () => {
  const { user, backend } = await openWindow();
  await user.keyboard("{Control>}n{/Control}");
  await user.type(await screen.findByLabelText("Secret"), "sk-proj-abc");
  expect(await screen.findByText("A key of OpenAI.")).toBeVisible();
  expect(backend.calls.filter((call) => call.command === "recognise").map((call) => call.args)).toEqual([["sk-proj-abc", undefined]]);
});

it("looks again when a provider is named while the answer is on its way", async () => {
  const { user, backend } = await openWindow();
  const recognise = backend.recognise.bind(backend);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  backend.recognise = async (secret, provider) => {
    const told = await recognise(secret, provider);
    if (provider === undefined) await held;
    return told;
  };
  const asked = () => backend.calls.filter((call) => call.command === "recognise").map((call) => call.args);
  await user.keyboard("{Control>}n{/Control}");
  await user.click(await screen.findByLabelText("Secret"));
  await user.paste(OPENAI);
  await waitFor(() => expect(asked()).toEqual([[OPENAI, undefined]]));
  await user.type(screen.getByLabelText("Provider"), "OpenAI");
  answer();
  await waitFor(() => expect(asked().at(-1)).toEqual([OPENAI, "OpenAI"]));
  expect(await screen.findByText("A key of OpenAI.")).toBeVisible();
});

it("offers several that it could be of", async () => {
  const { user } = await pasted("0123456789abcdef0123456789abcdef");
  expect(await screen.findByText("It could be a key of:")).toBeVisible();
  expect(screen.getByLabelText("Provider")).toHaveValue("");
  await user.click(screen.getByRole("button", { name: "Deepgram" }));
  expect(screen.getByLabelText("Provider")).toHaveValue("Deepgram");
  expect(await screen.findByText("A key of Deepgram.")).toBeVisible();
});

it("tells a typo before anything is sent, and keeps the key if the person says so", async () => {
  const { user, backend } = await pasted("ghp_inventedtypo");
  expect(await screen.findByText("It has a typo: its checksum is not one of GitHub. Copy it again.")).toBeVisible();
  expect(backend.calls.some((call) => call.command === "add")).toBe(false);
  await user.type(screen.getByLabelText("Name"), "ci");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await row("ci")).toBeVisible();
});

it("takes a pair apart, and asks for nothing that was in it", async () => {
  await pasted("[default]\naws_access_key_id = AKIAINVENTED\naws_secret_access_key = invented");
  expect(await screen.findByText("A key of AWS, with: Access key ID, Secret access key, Region.")).toBeVisible();
  expect(screen.queryByLabelText("Access key ID")).toBeNull();
  expect(screen.getByLabelText("Session token")).toHaveClass("masked");
});

it("refuses an example, and says that there are several", async () => {
  const { user, backend } = await pasted("sk-EXAMPLE-0000");
  expect(await screen.findByText(/nobody’s key/)).toBeVisible();
  await user.type(screen.getByLabelText("Provider"), "OpenAI");
  await user.type(screen.getByLabelText("Name"), "x");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(screen.getByLabelText("Secret")).toHaveAttribute("aria-invalid", "true");
  expect(backend.calls.some((call) => call.command === "add")).toBe(false);
  await user.clear(screen.getByLabelText("Secret"));
  await user.click(screen.getByLabelText("Secret"));
  await user.paste("one of two\n\nanother");
  await user.clear(screen.getByLabelText("Provider"));
  expect(await screen.findByText("There is more than one key in it: OpenAI, GitHub. Add them one by one.")).toBeVisible();
});

it("does not change a provider that the person named", async () => {
  const { user } = await pasted("nothing that is known");
  await user.type(screen.getByLabelText("Provider"), "OpenAI");
  await user.click(screen.getByLabelText("Secret"));
  await user.clear(screen.getByLabelText("Secret"));
  await user.paste("short");
  expect(await screen.findByText("It is not what OpenAI gives out, by its looks. Is part of it missing?")).toBeVisible();
  await waitFor(() => expect(screen.getByLabelText("Provider")).toHaveValue("OpenAI"));
});

it("saves nothing as an earlier text was recognised", async () => {
  const { user, backend } = await pasted("ghp_invented");
  expect(await screen.findByText("A key of GitHub.")).toBeVisible();
  await user.type(screen.getByLabelText("Name"), "work");
  await user.clear(screen.getByLabelText("Secret"));
  await user.click(screen.getByLabelText("Secret"));
  await user.paste(OPENAI);
  expect(screen.queryByText("A key of GitHub.")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.getByLabelText("Provider")).toHaveValue("OpenAI"));
  expect(backend.calls.some((call) => call.command === "add")).toBe(false);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await row("work");
  expect(backend.calls.find((call) => call.command === "add")?.args[0]).toMatchObject({ provider: "openai", secret: OPENAI });
});

it("says whose a key is that was pasted for another provider", async () => {
  const { user } = await pasted("not a key yet");
  await user.type(screen.getByLabelText("Provider"), "GitHub");
  await user.clear(screen.getByLabelText("Secret"));
  await user.click(screen.getByLabelText("Secret"));
  await user.paste(OPENAI);
  expect(await screen.findByText(/This looks like a key of OpenAI/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "OpenAI" }));
  expect(screen.getByLabelText("Provider")).toHaveValue("OpenAI");
  expect(await screen.findByText("A key of OpenAI.")).toBeVisible();
});

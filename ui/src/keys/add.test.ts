import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { openWindow, row, SECRET } from "../test/window";

async function fill(user: Awaited<ReturnType<typeof openWindow>>["user"]) {
  await user.keyboard("{Control>}n{/Control}");
  await user.click(await screen.findByLabelText("Secret"));
  await user.paste(`${SECRET}\n`);
  await user.type(screen.getByLabelText("Provider"), "Mistral");
  await user.type(screen.getByLabelText("Name"), "notebook");
}

it("sends the secret once and clears its field before the answer is there", async () => {
  const { user, backend } = await openWindow();
  await fill(user);
  backend.delay = 50;
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(screen.getByLabelText("Secret")).toHaveValue("");
  expect(screen.getByRole("button", { name: "Saving…" })).toBeDisabled();
  expect(await row("notebook")).toBeVisible();
  expect(await screen.findByText("Saved on this device")).toBeVisible();
  const adds = backend.calls.filter((call) => call.command === "add");
  expect(adds).toHaveLength(1);
  expect(adds[0]?.args[0]).toMatchObject({ provider: "Mistral", name: "notebook", secret: SECRET });
  expect(document.body.innerHTML).not.toContain(SECRET);
});

it("says in words what went wrong, and that the secret has to be pasted again", async () => {
  const { user, backend } = await openWindow();
  await fill(user);
  backend.failNext("DISK_FULL");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const alert = await screen.findByText("The disk is full.");
  expect(alert.closest("[role=alert]")).toHaveTextContent("What was saved before is safe; this change is not saved. Make room and try again.");
  expect(screen.getByText(/Paste it again/)).toBeVisible();
  expect(screen.getByLabelText("Secret")).toHaveValue("");
});

it("asks for what is missing and sends nothing", async () => {
  const { user, backend } = await openWindow();
  await user.keyboard("{Control>}n{/Control}");
  await user.click(await screen.findByRole("button", { name: "Save" }));
  expect(screen.getByText("Paste the secret first.")).toBeVisible();
  expect(screen.getByText("Give it a name.")).toBeVisible();
  expect(backend.calls.some((call) => call.command === "add")).toBe(false);
});

it("notices a taken name before the secret is sent", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.keyboard("{Control>}n{/Control}");
  await user.click(await screen.findByLabelText("Secret"));
  await user.paste(SECRET);
  await user.type(screen.getByLabelText("Provider"), "OpenAI");
  await user.type(screen.getByLabelText("Name"), "work");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(screen.getByText("OpenAI already has a key named work. Choose another name.")).toBeVisible();
  expect(screen.getByLabelText("Secret")).toHaveValue(SECRET);
  expect(backend.calls.some((call) => call.command === "add")).toBe(false);
});

it("begins adding when something is pasted outside a field", async () => {
  await openWindow();
  await fireEvent.paste(document.body, { clipboardData: { getData: () => SECRET } });
  await waitFor(() => expect(screen.getByLabelText("Secret")).toHaveValue(SECRET));
});

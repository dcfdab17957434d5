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

it("sends the secret once, and forgets it when it is saved", async () => {
  const { user, backend } = await openWindow();
  await fill(user);
  backend.delay = 50;
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(screen.getByRole("button", { name: "Saving…" })).toBeDisabled();
  expect(await row("notebook")).toBeVisible();
  expect(await screen.findByText("Saved on this device")).toBeVisible();
  const adds = backend.calls.filter((call) => call.command === "add");
  expect(adds).toHaveLength(1);
  expect(adds[0]?.args[0]).toMatchObject({ provider: "Mistral", name: "notebook", secret: SECRET });
  expect(document.body.innerHTML).not.toContain(SECRET);
});

it("says in words what went wrong, and keeps the secret for the next attempt", async () => {
  const { user, backend } = await openWindow();
  await fill(user);
  backend.failNext("DISK_FULL");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const alert = await screen.findByText("The disk is full.");
  expect(alert.closest("[role=alert]")).toHaveTextContent("What was saved before is safe; this change is not saved. Make room and try again.");
  expect(screen.getByLabelText("Secret")).toHaveValue(`${SECRET}\n`);
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await row("notebook")).toBeVisible();
  expect(backend.kept.get("id-1")?.versions[0]?.fields[0]?.value).toBe(SECRET);
});

it("saves several lines as they are, and hides what is in a new field unless told otherwise", async () => {
  const { user, backend } = await openWindow();
  await fill(user);
  await user.click(screen.getByRole("button", { name: "Labels, note, expiry" }));
  await user.type(screen.getByLabelText(/^Note/), "first line{Enter}second line");
  await user.click(screen.getByRole("button", { name: "Another field" }));
  await user.type(screen.getByLabelText("Field name"), "certificate");
  const value = screen.getByLabelText("Value");
  expect(value).toHaveClass("masked");
  await user.click(value);
  await user.paste("-----BEGIN-----\nabc\n-----END-----\n");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await row("notebook");
  expect(backend.calls.find((call) => call.command === "add")?.args[0]).toMatchObject({
    note: "first line\nsecond line",
    fields: [{ name: "certificate", value: "-----BEGIN-----\nabc\n-----END-----", secret: true }],
  });
});

it("leaves no field out of a save: one without a name, without a value or named twice has to be mended first", async () => {
  const { user, backend } = await openWindow();
  await fill(user);
  await user.click(screen.getByRole("button", { name: "Another field" }));
  await user.type(screen.getByLabelText("Value"), "a second secret");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Give this field a name.")).toBeVisible();
  await user.type(screen.getByLabelText("Field name"), "secret");
  expect(await screen.findByText("There is another field with this name.")).toBeVisible();
  await user.type(screen.getByLabelText("Field name"), " 2");
  await user.clear(screen.getByLabelText("Value"));
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Enter the value.")).toBeVisible();
  expect(backend.calls.some((call) => call.command === "add")).toBe(false);
  await user.clear(screen.getByLabelText("Field name"));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await row("notebook");
  expect(backend.kept.get("id-1")?.versions[0]?.fields).toHaveLength(1);
});

it("asks before it throws away what was entered", async () => {
  const { user } = await openWindow();
  await fill(user);
  fireEvent.pointerDown(document.querySelector("[data-dialog-overlay]") as HTMLElement);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(screen.getByLabelText("Secret")).toHaveValue(`${SECRET}\n`);
  expect(screen.queryByRole("alertdialog")).toBeNull();
  await user.keyboard("{Escape}");
  expect(await screen.findByText("Throw away what you entered?")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Go on editing" }));
  expect(screen.getByLabelText("Secret")).toHaveValue(`${SECRET}\n`);
  await user.keyboard("{Escape}");
  await user.click(await screen.findByRole("button", { name: "Throw away" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("closes at once while nothing is entered", async () => {
  const { user } = await openWindow();
  await user.keyboard("{Control>}n{/Control}");
  await screen.findByLabelText("Secret");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

it("covers the sheet while the vault is locked, and keeps what is in it", async () => {
  const { user, backend } = await openWindow();
  await fill(user);
  backend.locked = "PASSWORD_NEEDED";
  await user.click(screen.getByRole("button", { name: "Save" }));
  await user.type(await screen.findByLabelText("Password"), `${backend.password}{Enter}`);
  expect(await screen.findByLabelText("Secret")).toHaveValue(`${SECRET}\n`);
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await row("notebook")).toBeVisible();
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

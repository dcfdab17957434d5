import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, it } from "vitest";

import { FakeBackend } from "../backend/fake/fake";
import { openWindow, row, rowNames, SECRET } from "../test/window";

it("sends only what changed, and Ctrl Z brings the old version back", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  const name = await screen.findByLabelText("Name");
  await user.clear(name);
  await user.type(name, "research");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await row("research")).toBeVisible();
  expect(backend.calls.find((call) => call.command === "edit")?.args).toEqual(["id-1", { name: "research", fields: [] }]);
  await user.keyboard("{Control>}z{/Control}");
  await waitFor(() => expect(rowNames()).toEqual(["work"]));
});

it("replaces a secret and forgets it at once", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  await user.click(await screen.findByLabelText("New API key"));
  await user.paste("sk-test-replaced-000000000000Zz9");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(backend.kept.get("id-1")?.versions.at(-1)?.fields[0]?.value).toBe("sk-test-replaced-000000000000Zz9"));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(document.body.innerHTML).not.toContain("sk-test-replaced");
});

it("keeps the new secret when saving fails, and saves it the next time", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  await user.click(await screen.findByLabelText("New API key"));
  await user.paste("sk-test-replaced-000000000000Zz9");
  backend.failNext("CACHE_BUSY");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Another program holds the cache for long.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(backend.kept.get("id-1")?.versions.at(-1)?.fields[0]?.value).toBe("sk-test-replaced-000000000000Zz9"));
});

it("leaves the lines of open fields and notes as they are", async () => {
  const { user, backend } = await openWindow(["work"]);
  backend.changedElsewhere((kept) => {
    const version = kept.get("id-1")?.versions[0];
    if (version) Object.assign(version, { note: "one\ntwo\n", fields: [...version.fields, { name: "certificate", value: "a\nb", secret: false }] });
  });
  expect(await screen.findByText(/^a\s+b$/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Edit" }));
  expect(await screen.findByLabelText("Certificate")).toHaveValue("a\nb");
  await user.type(screen.getByLabelText("Name"), "2");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await row("work2")).toBeVisible();
  expect(backend.calls.find((call) => call.command === "edit")?.args).toEqual(["id-1", { name: "work2", fields: [] }]);
});

it("shows and edits a key that has one name for an open and a secret field", async () => {
  const { user, backend } = await openWindow(["work"]);
  backend.changedElsewhere((kept) => {
    const version = kept.get("id-1")?.versions[0];
    if (version) version.fields = [{ name: "token", value: SECRET, secret: true }, { name: "token", value: "in the open", secret: false }];
  });
  expect(await screen.findByText("in the open")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Edit" }));
  expect(await screen.findByLabelText("New token")).toHaveValue("");
  expect(screen.getByLabelText("Token")).toHaveValue("in the open");
});

it("uses an older version again from the history", async () => {
  const backend = new FakeBackend();
  await openWindow(["work"], backend);
  await backend.edit("id-1", { fields: [{ name: "secret", value: "sk-test-second-0000000000000Ab1", secret: true }] });
  const { default: userEvent } = await import("@testing-library/user-event");
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "History" }));
  await user.click(await screen.findByRole("button", { name: "Use again: Version 1" }));
  await waitFor(() => expect(backend.kept.get("id-1")?.versions).toHaveLength(3));
  expect(backend.kept.get("id-1")?.versions[2]?.fields[0]?.value).toBe(SECRET);
});

it("tells versions of one number apart by their ids, and says what a revert settled", async () => {
  const backend = new FakeBackend();
  const { user } = await openWindow(["work"], backend);
  const row = { version: 2, savedAt: 0, deleted: false, name: "work", changed: [], here: true };
  backend.history = () =>
    Promise.resolve([
      { ...row, id: "2-aaaaaaaa", alternate: false, current: true, lastFour: "aaaa" },
      { ...row, id: "2-bbbbbbbb", alternate: true, current: false, lastFour: "bbbb" },
    ]);
  const asked: string[] = [];
  backend.revert = (id, version) => {
    asked.push(version);
    return Promise.resolve({ id, version: 3, versionId: "3-cccccccc", changed: true, settled: ["secret"], keychain: "yes", waiting: 1, services: [] });
  };
  await user.click(await screen.findByRole("button", { name: "History" }));
  await user.click(await screen.findByRole("button", { name: "Use again: Version 2, the other value of a conflict" }));
  await waitFor(() => expect(asked).toEqual(["2-bbbbbbbb"]));
  expect(await screen.findByText(/This settled: secret\. The other value stays in the history\./)).toBeVisible();
});

it("settles a conflict with the value that was picked", async () => {
  const backend = new FakeBackend();
  const { user } = await openWindow(["work"], backend);
  backend.changedElsewhere((kept) => {
    const credential = kept.get("id-1");
    if (credential) credential.conflicts = [{ field: "note", choices: [{ key: "a", summary: "from the laptop", shown: true, here: true }, { key: "b", summary: "from the desk", shown: false, here: false, at: Date.UTC(2026, 4, 3, 12) }] }];
  });
  expect(await screen.findByText("Two values")).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Keep this one: from the desk" }));
  await waitFor(() => expect(screen.queryByText("Two values")).toBeNull());
  expect(backend.calls.find((call) => call.command === "settle")?.args).toEqual(["id-1", "note", "b"]);
});

it("never takes back what somebody else has changed since, and shows the history instead", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  await user.type(await screen.findByLabelText("Name"), " mine");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await row("work mine");
  backend.changedElsewhere((kept) => {
    const versions = kept.get("id-1")?.versions ?? [];
    versions.push({ ...(versions[0] as (typeof versions)[0]), name: "theirs" });
  });
  await row("theirs");
  await user.keyboard("{Control>}z{/Control}");
  expect(await screen.findByText("This key was changed meanwhile.")).toBeInTheDocument();
  expect(await screen.findByText(/^History of work/)).toBeVisible();
  expect(backend.kept.get("id-1")?.versions.at(-1)?.name).toBe("theirs");
});

it("takes back with a notice's button what that notice tells of, though more was done since", async () => {
  const { user, backend } = await openWindow(["a", "b"]);
  await row("a");
  await user.keyboard("{Delete}");
  const undo = await screen.findByRole("button", { name: "Undo" });
  expect(screen.getByText("Moved a to the trash")).toBeVisible();
  await user.click(undo);
  await waitFor(() => expect(backend.kept.get("id-1")?.trashed).toBe(false));
  expect(backend.calls.find((call) => call.command === "restore")?.args).toEqual(["id-1"]);
});

it("hides what is revealed when the key gets another version, and copies marked text through the shell", async () => {
  const { user, backend } = await openWindow(["work"]);
  await user.click(await screen.findByRole("button", { name: "Show API key" }));
  const shown = await screen.findByTestId("revealed");
  expect(await fireEvent.copy(shown)).toBe(false);
  await waitFor(() => expect(backend.clipboard).toBe(SECRET));
  expect(await screen.findByText(/^API key copied/)).toBeVisible();
  await backend.edit("id-1", { fields: [{ name: "secret", value: "sk-test-second-0000000000000Ab1", secret: true }] });
  await waitFor(() => expect(screen.queryByTestId("revealed")).toBeNull());
});

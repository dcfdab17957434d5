import { expect, it, vi } from "vitest";

import type { Overview } from "../backend/backend";
import { FakeBackend } from "../backend/fake/fake";
import { request } from "../test/window";
import { Session } from "./session.svelte";

async function vault(names: string[]) {
  const backend = new FakeBackend();
  for (const name of names) await backend.add(request(name));
  return { backend, session: new Session(backend) };
}

/** Answers that come when the test says so. */
function held(backend: FakeBackend) {
  const asked: { answer: () => void; ask: boolean }[] = [];
  const overview = backend.overview.bind(backend);
  backend.overview = async (ask) => {
    const now = await overview(ask);
    return new Promise<Overview>((resolve) => asked.push({ answer: () => resolve(now), ask }));
  };
  return asked;
}

it("reads one at a time and once more for whoever asked meanwhile, so that no older answer comes last", async () => {
  const { backend, session } = await vault(["work"]);
  const asked = held(backend);
  const first = session.refresh();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  await backend.add(request("second"));
  const others = [session.refresh(), session.refresh()];
  asked[0]?.answer();
  await first;
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  expect(session.keys).toHaveLength(1);
  asked[1]?.answer();
  await Promise.all(others);
  expect(asked).toHaveLength(2);
  expect(session.keys).toHaveLength(2);
});

it("keeps a key selected that was just saved, though an older list comes first", async () => {
  const { backend, session } = await vault(["a"]);
  await session.refresh();
  const asked = held(backend);
  const older = session.refresh();
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  const { id } = await backend.add(request("z"));
  session.awaits(id);
  const newer = session.refresh();
  asked[0]?.answer();
  await older;
  expect(session.selected).toBe(id);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  asked[1]?.answer();
  await newer;
  expect(session.current?.name).toBe("z");
});

it("asks a locked keychain again only if the person wants it", async () => {
  const { backend, session } = await vault(["work"]);
  await session.refresh();
  backend.calls.length = 0;
  await session.refresh();
  await session.refresh(true);
  expect(backend.calls.map((call) => call.args)).toEqual([[false], [true]]);
});

it("keeps trouble until it is dismissed, and loses none behind good news", async () => {
  const { backend, session } = await vault(["work"]);
  backend.told = [{ code: "QUARANTINED" }, { code: "CACHE_SET_ASIDE" }, { code: "HEALED" }];
  await session.refresh();
  await session.copy("id-1");
  expect(session.notices.current).toMatchObject({ kind: "done" });
  session.notices.dismiss();
  const first = session.notices.current;
  session.notices.dismiss();
  const second = session.notices.current;
  session.notices.dismiss();
  expect(first).toMatchObject({ trouble: { what: "A key does not open and was set aside." } });
  expect(second).toMatchObject({ trouble: { what: "The cache file was damaged. It was set aside and made again." } });
  expect(session.notices.current).toBeUndefined();
});

it("takes back the step it is given, not the newest", async () => {
  const { backend, session } = await vault(["a", "b"]);
  await session.refresh();
  await session.moveToTrash({ id: "id-1", name: "a" });
  const notice = session.notices.current;
  await session.moveToTrash({ id: "id-2", name: "b" });
  await session.takeBack(notice?.kind === "done" ? notice.undo : undefined);
  expect([backend.kept.get("id-1")?.trashed, backend.kept.get("id-2")?.trashed]).toEqual([false, true]);
});

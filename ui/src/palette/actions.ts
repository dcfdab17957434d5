import type { Listing } from "../backend/backend";
import { fold } from "../state/fold";
import { goSearch } from "../state/keyboard";
import { VIEWS, type Session } from "../state/session.svelte";
import { words } from "../words/words";

/** Something that can be done from the palette. */
export interface Action {
  id: string;
  title: string;
  /** The keys that do it without the palette. */
  keys?: string;
  run: (session: Session) => void;
}

/** What can be done from anywhere. */
export function actions(session: Session): Action[] {
  const say = words.main.palette;
  const all: Action[] = [
    { id: "add", title: say.add, keys: "Ctrl N", run: (session) => (session.sheet = { kind: "add", pasted: "" }) },
    ...VIEWS.filter((view) => view !== session.view).map((view) => ({ id: `go-${view}`, title: say.goTo(words.nav[view]), run: (session: Session) => session.go(view) })),
    { id: "search", title: say.search, keys: "/", run: goSearch },
  ];
  if (session.status?.server !== undefined) all.push({ id: "sync", title: say.sync, run: (session) => void session.syncNow() });
  if (session.undo.last) all.push({ id: "undo", title: say.undo, keys: "Ctrl Z", run: (session) => void session.takeBack() });
  all.push({ id: "shortcuts", title: say.shortcuts, keys: "?", run: (session) => (session.sheet = { kind: "shortcuts" }) });
  return all;
}

/** What can be done with one key. */
export function actionsOn(listing: Listing): Action[] {
  const { id, name } = listing;
  const say = words.main.palette;
  return [
    { id: "copy", title: say.copy, keys: "Ctrl C", run: (session) => void session.copy(id) },
    { id: "show", title: say.show, run: (session) => shows(session, id) },
    { id: "verify", title: say.verify, run: (session) => void session.verify(id) },
    { id: "edit", title: say.edit, run: (session) => void edits(session, id) },
    { id: "history", title: say.history, run: (session) => (session.sheet = { kind: "history", id, name }) },
    { id: "trash", title: say.trash, keys: "Del", run: (session) => void session.moveToTrash(listing) },
  ];
}

/** Those whose title has every word. */
export function fitting(all: readonly Action[], query: string): Action[] {
  const terms = fold(query).split(/\s+/).filter(Boolean);
  return all.filter(({ title }) => terms.every((term) => fold(title).includes(term)));
}

/** To the key in its list, whatever was searched there. */
function shows(session: Session, id: string): void {
  session.go("keys");
  session.select(id);
  session.opened = true;
  setTimeout(() => document.getElementById("details")?.focus());
}

async function edits(session: Session, id: string): Promise<void> {
  await session.attempt(async () => {
    session.sheet = { kind: "edit", detail: await session.backend.show(id) };
  }, { changes: false });
}

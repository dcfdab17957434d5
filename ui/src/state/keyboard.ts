import type { Session } from "./session.svelte";

const SEARCH = "search";

/** The keys that work everywhere in the window. A sheet on top keeps its keys to itself. */
export function onKey(event: KeyboardEvent, session: Session): void {
  if (session.phase !== "open" || session.sheet || event.defaultPrevented) return;
  const done = event.ctrlKey || event.metaKey ? withControl(event, session) : alone(event, session);
  if (done) event.preventDefault();
}

/** Pasting anywhere but into a field begins adding a key. */
export function onPaste(event: ClipboardEvent, session: Session): void {
  if (session.phase !== "open" || session.sheet || writesText(event.target)) return;
  const pasted = event.clipboardData?.getData("text/plain") ?? "";
  if (pasted.trim() === "") return;
  event.preventDefault();
  session.sheet = { kind: "add", pasted };
}

export function focusSearch(): void {
  const field = document.getElementById(SEARCH);
  if (field instanceof HTMLInputElement) {
    field.focus();
    field.select();
  }
}

/** To the search of the list, from wherever one is. */
export function goSearch(session: Session): void {
  if (!hasList(session)) session.go("keys");
  setTimeout(focusSearch);
}

function withControl(event: KeyboardEvent, session: Session): boolean {
  const key = event.key.toLowerCase();
  if (event.altKey) return false;
  if (event.shiftKey) return key === "p" && opens(session, "palette");
  switch (key) {
    case "k":
      return opens(session, "palette");
    case "f":
      goSearch(session);
      return true;
    case "a":
      return choosesAll(event, session);
    case " ":
      return chooses(event, session);
    case "n":
      session.sheet = { kind: "add", pasted: "" };
      return true;
    case "c":
      return copies(event, session);
    case "z":
      if (writesText(event.target) && !isEmptySearch(event.target)) return false;
      void session.takeBack();
      return true;
    default:
      return false;
  }
}

function alone(event: KeyboardEvent, session: Session): boolean {
  if (event.altKey) return false;
  if (!writesText(event.target) || isEmptySearch(event.target)) {
    if (event.key === "?" || event.key === "F1") return opens(session, "shortcuts");
    if (event.key === "/") {
      goSearch(session);
      return true;
    }
  }
  if (!hasList(session) || !isListOrNothing(event.target)) return escape(event, session);
  const rows = MOVES[event.key];
  // In a search that has text, Home and End are for the text.
  if (rows !== undefined && (Math.abs(rows) !== Infinity || !writesText(event.target) || isEmptySearch(event.target))) {
    session.move(rows, event.shiftKey);
    return true;
  }
  switch (event.key) {
    case "Enter":
      return open(session);
    case " ":
      return chooses(event, session);
    case "Delete":
      return removes(event, session);
    default:
      return escape(event, session);
  }
}

const MOVES: Record<string, number | undefined> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, End: Infinity, Home: -Infinity };

function opens(session: Session, kind: "palette" | "shortcuts"): boolean {
  session.sheet = { kind };
  return true;
}

/** Takes the row in among those that were chosen, or out. A search that has text takes the space itself. */
function chooses(event: KeyboardEvent, session: Session): boolean {
  if (!hasList(session) || !isListOrNothing(event.target) || (writesText(event.target) && !isEmptySearch(event.target) && !event.ctrlKey)) return false;
  if (session.current) session.chosen.toggle(session.current.id);
  return true;
}

function choosesAll(event: KeyboardEvent, session: Session): boolean {
  if (!hasList(session) || (writesText(event.target) && !isEmptySearch(event.target)) || session.visible.length === 0) return false;
  session.chosen.all(session.visible);
  return true;
}

/** Whether the view is a list of keys. */
export function hasList(session: Session): boolean {
  return session.view === "keys" || session.view === "care" || session.view === "trash";
}

function escape(event: KeyboardEvent, session: Session): boolean {
  if (event.key !== "Escape") return false;
  if (session.chosen.any) session.chosen.clear();
  else if (session.opened) session.opened = false;
  else if (session.query !== "") session.query = "";
  else if (session.notices.current) session.notices.dismiss();
  focusSearch();
  return true;
}

function open(session: Session): boolean {
  if (!session.current) return false;
  session.opened = true;
  setTimeout(() => document.getElementById("details")?.focus());
  return true;
}

/** Copies the selected key, unless the person marked some text to copy. */
function copies(event: KeyboardEvent, session: Session): boolean {
  const marked = document.getSelection()?.toString() ?? "";
  if (marked !== "" || hasMarked(event.target) || session.view === "trash" || !hasList(session) || !session.current) return false;
  void session.copy(session.current.id);
  return true;
}

function removes(event: KeyboardEvent, session: Session): boolean {
  if (writesText(event.target) && !isEmptySearch(event.target)) return false;
  const current = session.current;
  if (session.chosenListings.length > 0) {
    if (session.view !== "trash") void session.many.trash(session.chosenListings);
    return true;
  }
  if (!current) return false;
  if (session.view === "trash") session.sheet = { kind: "erase", id: current.id, name: current.name };
  else void session.moveToTrash(current);
  return true;
}

function writesText(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

function isEmptySearch(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.id === SEARCH && target.value === "";
}

function hasMarked(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.selectionStart !== target.selectionEnd;
}

function isListOrNothing(target: EventTarget | null): boolean {
  return target === document.body || (target instanceof HTMLElement && (target.id === SEARCH || target.closest("#list") !== null));
}

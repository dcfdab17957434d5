import type { Conflict, CopyForm, Detail } from "../backend/backend";
import { labelIn } from "../keys/labels";
import { words } from "../words/words";
import type { Session } from "./session.svelte";

// What a person does to the one key that is shown.

/** The notice calls the field as the details do. */
export async function copyField(session: Session, { id, provider }: Detail, field: string): Promise<void> {
  await session.attempt(async () => {
    const { seconds } = await session.backend.copy(id, field);
    session.notices.done(words.done.copied(labelIn(session.provider(provider), field), seconds));
  }, { changes: false });
}

export async function copyAs(session: Session, { id }: Detail, form: CopyForm): Promise<void> {
  await session.attempt(async () => {
    const { seconds } = await session.backend.copyAs(id, form);
    session.notices.done(words.done.copied(words.key.copyAs.done[form], seconds));
  }, { changes: false });
}

export async function stopVerifying(session: Session, id: string): Promise<void> {
  await session.attempt(() => session.backend.stopAsking(id));
}

/** Milliseconds since 1970; 0 for no date. Answers whether it went through. */
export function setExpiry(session: Session, shown: Detail, expires: number): Promise<boolean> {
  return session.attempt(async () => {
    const saved = await session.backend.edit(shown.id, { fields: [], expires });
    session.announce(saved, { name: shown.name, takeBack: async () => void (await session.backend.revert(shown.id, shown.versionId, saved.versionId)) });
  });
}

/** The other values stay in the history, and undo lets all of them stand beside each other again. */
export function settle(session: Session, shown: Detail, { field }: Conflict, choice: string): Promise<boolean> {
  return session.attempt(async () => {
    const saved = await session.backend.settle(shown.id, field, choice);
    const takeBack = async () => void (await session.backend.unsettle(shown.id, shown.versionId, saved.versionId));
    session.notices.done(session.withMore(words.done.settled, { ...saved, settled: [] }), session.undo.remember({ id: shown.id, name: shown.name, takeBack }));
  });
}

/** Where the provider's keys are made, to be opened in a browser. */
export async function copyConsole(session: Session, provider: string): Promise<void> {
  await session.attempt(async () => {
    await session.backend.copyConsole(provider);
    session.notices.done(words.key.status.consoleCopied);
  }, { changes: false });
}

import type { Saved, Using } from "../backend/backend";
import { fieldName } from "../keys/labels";
import { words } from "../words/words";

/** What was done, and what came of it by the way. */
export function withMore(done: string, saved: Saved): string {
  const settled = saved.settled.length === 0 ? [] : [words.done.settledToo(saved.settled.map(fieldName).join(", "))];
  return sentences(done, [...settled, ...saved.services.map(using)]);
}

/** The same of many: of a service, what it uses after the last of them. */
export function withAllMore(done: string, all: readonly Saved[]): string {
  const services = new Map(all.flatMap((saved) => saved.services.map((one) => [one.service, one] as const)));
  return sentences(done, [...services.values()].map(using));
}

function sentences(done: string, more: readonly string[]): string {
  return more.length === 0 ? done : [`${done}.`, ...more].join(" ");
}

/** What a service uses since: a fallback never steps in silently. */
function using({ service, uses, fallback, which }: Using): string {
  const say = words.done;
  if (uses !== undefined) return fallback ? say.usesFallback(service, uses) : say.uses(service, uses);
  return which.length === 0 ? say.usesNone(service) : say.usesWhich(service, which.join(", "));
}

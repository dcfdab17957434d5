import { asFailure, type Listing } from "../backend/backend";
import { trouble, words, type Trouble } from "../words/words";

/** One of many that something failed for. */
export interface Failed {
  name: string;
  error: unknown;
}

/** Of many things that were done together some failed. The others are done. */
export class Partly extends Error {
  constructor(readonly trouble: Trouble) {
    super("partly");
  }

  /** `what` says how many of how many failed, given their names. */
  static of(failed: readonly Failed[], total: number, what: (failed: number, total: number, names: string) => string): Partly {
    const [first] = failed;
    const why = trouble(first?.error);
    return new Partly({ what: what(failed.length, total, names(failed.map(({ name }) => name))), safe: words.main.chosen.others(total - failed.length), next: `${why.what} ${why.next}` });
  }
}

/** The first few of them, and how many more there are. */
export function names(all: readonly string[]): string {
  const shown = all.slice(0, SHOWN);
  const more = all.length - shown.length;
  return [...shown, ...(more > 0 ? [words.main.chosen.andMore(more)] : [])].join(", ");
}

const SHOWN = 5;

/** Whether nothing more can be done until the vault is open again. */
export function ends(error: unknown, codes: Record<string, unknown>): boolean {
  return asFailure(error).code in codes;
}

export type Named = Pick<Listing, "id" | "name">;

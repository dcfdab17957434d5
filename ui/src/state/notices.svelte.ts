import type { Notice as Told } from "../backend/backend";
import { trouble, words, type Trouble } from "../words/words";
import { Partly } from "./partly";
import type { Step } from "./undo.svelte";

/** `undo` is the step that this notice tells of, and that its button takes back. */
export type Notice = { kind: "done"; text: string; undo?: Step | undefined } | { kind: "trouble"; trouble: Trouble };

const SHOWN_FOR = 6_000;

/** The notices at the foot of the window, one at a time: good news gives way and leaves by itself, trouble stays until dismissed. */
export class Notices {
  #done: Notice | undefined = $state.raw();
  #troubles: Notice[] = $state.raw([]);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What was done stands before trouble, for the short time that it has. */
  readonly current = $derived(this.#done ?? this.#troubles[0]);

  done(text: string, undo?: Step): void {
    this.#drop();
    this.#done = { kind: "done", text, undo };
    this.#timer = setTimeout(() => this.#drop(), SHOWN_FOR);
  }

  /** What the vault did by itself. */
  told(notice: Told): void {
    const say = words.told;
    switch (notice.code) {
      case "CACHE_REBUILT":
        return this.#stay({ what: say.cacheRebuilt(notice.records ?? 0), safe: "", next: "" });
      case "CACHE_SET_ASIDE":
        return this.#stay({ what: say.cacheSetAside, safe: "", next: "" });
      case "CACHE_WAS_OLDER":
        return this.#stay({ what: say.cacheWasOlder, safe: "", next: "" });
      case "HEALED":
        return this.done(say.healed);
      default:
        return this.#stay(trouble({ code: notice.code, message: "" }));
    }
  }

  /** What the person just tried has failed: no good news from before hides that. */
  trouble(error: unknown): void {
    this.#drop();
    this.#stay(error instanceof Partly ? error.trouble : trouble(error));
  }

  dismiss(): void {
    if (this.#done) this.#drop();
    else this.#troubles = this.#troubles.slice(1);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#done = undefined;
  }

  /** The same trouble again is no news. */
  #stay(trouble: Trouble): void {
    const known = this.#troubles.some((notice) => notice.kind === "trouble" && notice.trouble.what === trouble.what);
    if (!known) this.#troubles = [...this.#troubles, { kind: "trouble", trouble }];
  }
}

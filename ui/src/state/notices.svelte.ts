import type { Notice as Told } from "../backend/backend";
import { trouble, words, type Trouble } from "../words/words";

export type Notice = { kind: "done"; text: string; undo: boolean } | { kind: "trouble"; trouble: Trouble };

const SHOWN_FOR = 6_000;

/** The one notice at the foot of the window: good news leaves by itself, trouble stays until dismissed. */
export class Notices {
  current: Notice | undefined = $state();
  #timer: ReturnType<typeof setTimeout> | undefined;

  done(text: string, options: { undo?: boolean } = {}): void {
    this.#show({ kind: "done", text, undo: options.undo ?? false });
    this.#timer = setTimeout(() => this.dismiss(), SHOWN_FOR);
  }

  /** What the vault did by itself. */
  told(notice: Told): void {
    const say = words.told;
    switch (notice.code) {
      case "CACHE_REBUILT":
        return this.done(say.cacheRebuilt(notice.records ?? 0));
      case "CACHE_SET_ASIDE":
        return this.done(say.cacheSetAside);
      case "HEALED":
        return this.done(say.healed);
      default:
        return this.trouble({ code: notice.code, message: "" });
    }
  }

  trouble(error: unknown): void {
    this.#show({ kind: "trouble", trouble: trouble(error) });
  }

  dismiss(): void {
    clearTimeout(this.#timer);
    this.current = undefined;
  }

  #show(notice: Notice): void {
    clearTimeout(this.#timer);
    this.current = notice;
  }
}

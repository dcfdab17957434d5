import type { Backend, Preferences as Chosen, Settings } from "../backend/backend";
import { language, speak, type Language } from "../words/words";

/** What a person chose for the window on this device, and what follows from it. */
export class Preferences {
  settings: Settings | undefined = $state.raw();
  /** The language that is spoken; whatever shows words is drawn anew when it changes. */
  language: Language = $state(language);

  constructor(private readonly backend: Backend) {}

  /** Takes on what was chosen; without an answer, the language and the theme of the system. */
  async load(): Promise<void> {
    const settings = await this.backend.settings().catch(() => undefined);
    if (settings) this.#follow(settings);
  }

  /** Changes some of it. Fails as the backend does, and then nothing is other than before. */
  async change(some: Partial<Omit<Chosen, "language">> & { language?: Language | undefined; autostart?: boolean }): Promise<void> {
    if (!this.settings) return;
    const { language, theme, clipboardSeconds, shortcut, stays, autostart } = { ...this.settings, ...some };
    const chosen = { theme, clipboardSeconds, shortcut, stays };
    this.#follow(await this.backend.setSettings(language === undefined ? chosen : { ...chosen, language }, autostart));
  }

  #follow(settings: Settings): void {
    this.settings = settings;
    this.language = speak(settings.language);
    // The style sheet has both themes; without this it follows the system.
    if (settings.theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = settings.theme;
  }
}

import type { Notification, Preferences, Settings, Tray } from "../backend";
import { FakeDesk } from "./desk";

/** The system around the window, in memory: what was chosen for it, its tray, its notifications. */
export class FakeSystem extends FakeDesk {
  chosen: Preferences = { theme: "system", clipboardSeconds: 30, shortcut: "Ctrl+Alt+K", stays: false };
  autostart = false;
  /** Shortcuts that another program has. */
  takenShortcuts: string[] = [];
  tray: Tray | undefined;
  notified: Notification[] = [];
  pickerOpen = true;
  windowShown = false;
  protected adders = new Set<() => void>();
  protected troubled = new Set<(failure: unknown) => void>();

  async settings(): Promise<Settings> {
    return { ...this.chosen, autostart: this.autostart, shortcutWorks: !this.takenShortcuts.includes(this.chosen.shortcut) };
  }

  async setSettings(preferences: Preferences, autostart: boolean): Promise<Settings> {
    await this.command("setSettings", preferences, autostart);
    this.chosen = preferences;
    this.autostart = autostart;
    return this.settings();
  }

  async setTray(tray: Tray): Promise<void> {
    this.tray = tray;
  }

  async notify(notification: Notification): Promise<void> {
    if (notification.keys.some((key) => !this.notified.some(({ keys }) => keys.includes(key)))) this.notified.push(notification);
  }

  async closePicker(toWindow: boolean): Promise<void> {
    this.pickerOpen = false;
    this.windowShown = toWindow;
  }

  onAdd(callback: () => void): () => void {
    this.adders.add(callback);
    return () => this.adders.delete(callback);
  }

  /** As the tray does. */
  addsFromTray(): void {
    for (const adder of this.adders) adder();
  }

  onTrouble(callback: (failure: unknown) => void): () => void {
    this.troubled.add(callback);
    return () => this.troubled.delete(callback);
  }

  /** As the tray does when it cannot copy. */
  failsOutside(failure: unknown): void {
    for (const tell of this.troubled) tell(failure);
  }
}

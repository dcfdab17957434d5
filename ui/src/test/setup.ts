import "@testing-library/jest-dom/vitest";

import { afterEach, vi } from "vitest";

/** The test environment lays nothing out: give the virtual list a viewport to fill. */
const VIEWPORT = { width: 480, height: 640 };
const ROW = { width: 480, height: 54 };

class Observer implements ResizeObserver {
  constructor(private readonly callback: ResizeObserverCallback) {}

  observe(target: Element): void {
    const contentRect = { ...(target.role === "listbox" ? VIEWPORT : ROW) } as DOMRectReadOnly;
    queueMicrotask(() => this.callback([{ target, contentRect } as ResizeObserverEntry], this));
  }

  unobserve(): void {}

  disconnect(): void {}
}

vi.stubGlobal("ResizeObserver", Observer);
Object.defineProperty(HTMLElement.prototype, "offsetParent", { get: () => document.body });

afterEach(() => {
  vi.useRealTimers();
  document.body.removeAttribute("style");
});

// Imported before anything that asks for the time: pictures of one window are the same whenever they are made.

const NOW = Date.UTC(2026, 9, 5, 9, 30);

class Standing extends Date {
  constructor(...given: [] | [number | string | Date]) {
    super(...((given.length === 0 ? [NOW] : given) as [number]));
  }

  static override now(): number {
    return NOW;
  }
}

globalThis.Date = Standing as DateConstructor;

export {};

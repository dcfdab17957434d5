interface Step {
  id: string;
  takeBack: () => Promise<void>;
}

/** What was done in this window and can be taken back, newest last. */
export class Undo {
  #steps: Step[] = $state.raw([]);

  get possible(): boolean {
    return this.#steps.length > 0;
  }

  /** `id` is the credential it was done to. */
  remember(id: string, takeBack: () => Promise<void>): void {
    this.#steps = [...this.#steps, { id, takeBack }];
  }

  /** Nothing about an erased credential can be taken back. */
  forget(id: string): void {
    this.#steps = this.#steps.filter((step) => step.id !== id);
  }

  /** Takes back the newest step; a step that fails is not tried again. */
  async last(): Promise<boolean> {
    const step = this.#steps.at(-1);
    if (!step) return false;
    this.#steps = this.#steps.slice(0, -1);
    await step.takeBack();
    return true;
  }
}

/** One thing that was done in this window, and how it is taken back. */
export interface Step {
  /** The credential it was done to. */
  id: string;
  name: string;
  /** Fails with CHANGED_MEANWHILE once somebody else has changed the credential. */
  takeBack: () => Promise<void>;
}

/** What was done in this window and can be taken back, newest last. */
export class Undo {
  #steps: Step[] = $state.raw([]);

  remember(step: Step): Step {
    this.#steps = [...this.#steps, step];
    return step;
  }

  /** Nothing about an erased credential can be taken back. */
  forget(id: string): void {
    this.#steps = this.#steps.filter((step) => step.id !== id);
  }

  /** The newest step. */
  get last(): Step | undefined {
    return this.#steps.at(-1);
  }

  /** Takes back one step; it is not tried again, whether it fails or not. Answers `false` if it was taken back before. */
  async takeBack(step: Step): Promise<boolean> {
    if (!this.#steps.includes(step)) return false;
    this.#steps = this.#steps.filter((other) => other !== step);
    await step.takeBack();
    return true;
  }
}

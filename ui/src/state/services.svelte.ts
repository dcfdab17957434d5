import { asFailure, type NewSetting, type ServiceInfo, type ServiceTested, type TemplateInfo } from "../backend/backend";
import { spokenService } from "../words/fields";
import { trouble, words, type Trouble } from "../words/words";
import { LOCKS } from "./failing";
import type { Session } from "./session.svelte";
import type { Step } from "./undo.svelte";

/** A question to a provider: under way, answered, or given up. */
export type Test = { state: "asking" } | { state: "heard"; heard: ServiceTested } | { state: "failed"; trouble: Trouble } | { state: "stopped" };

/** The services, what of their settings is being entered, and what tests of them found out. Holds no secret. */
export class ServiceBoard {
  /** Nothing before it was read. */
  all: ServiceInfo[] | undefined = $state.raw();
  templates: TemplateInfo[] = $state.raw([]);
  failed: Trouble | undefined = $state.raw();
  query = $state("");
  selected: string | undefined = $state();
  /** On a narrow window the details cover the list; this says whether they do. */
  opened = $state(false);
  /** By service and setting what was typed and is not saved. */
  drafts: Record<string, Record<string, string>> = $state({});
  tests: Record<string, Test | undefined> = $state({});
  /** The services that something is being done with. */
  busy: readonly string[] = $state.raw([]);
  readonly current = $derived(this.all?.find(({ id }) => id === this.selected));
  readonly #session: Session;
  #asked = 0;
  #testing = 0;
  /** By service the number of the test whose answer is waited for. */
  #awaited: Record<string, number | undefined> = {};

  constructor(session: Session) {
    this.#session = session;
  }

  async read(): Promise<void> {
    const number = ++this.#asked;
    try {
      const { services, templates } = await this.#session.backend.allServices();
      if (number !== this.#asked) return;
      this.all = services.map(spokenService);
      this.templates = templates;
      this.failed = undefined;
    } catch (error) {
      if (number === this.#asked) this.failed = trouble(error);
    }
  }

  /** With a key it is the one that the service uses from now on. */
  async switchOn(service: ServiceInfo, credential?: string): Promise<void> {
    await this.#change(service, async () => {
      const now = await this.#session.backend.enableService(service.id, credential);
      const before = service.chosen ?? service.uses?.id;
      const backend = this.#session.backend;
      // A service that could not tell which key used none: there is no way back to that but to switch it off.
      const takeBack = async () => void (service.on && before !== undefined ? await backend.enableService(service.id, before) : await backend.disableService(service.id));
      this.#session.notices.done(nowOn(now), service.on && before === undefined ? undefined : this.#step(service, takeBack));
    });
  }

  async switchOff(service: ServiceInfo): Promise<void> {
    await this.#change(service, async () => {
      await this.#session.backend.disableService(service.id);
      const step = service.on ? this.#step(service, async () => void (await this.#session.backend.enableService(service.id))) : undefined;
      this.#session.notices.done(words.services.done.off(service.name), step);
    });
  }

  /** Whether they were saved. */
  async set(service: ServiceInfo, settings: NewSetting[]): Promise<boolean> {
    return this.#change(service, async () => {
      await this.#session.backend.setService(service.id, settings);
      const before = settings.map(({ key }) => ({ key, value: service.settings.find((one) => one.key === key)?.value ?? "" }));
      const step = this.#step(service, async () => void (await this.#session.backend.setService(service.id, before)));
      this.#session.notices.done(words.services.done.set(service.name), step);
      this.drafts[service.id] = Object.fromEntries(Object.entries(this.drafts[service.id] ?? {}).filter(([key]) => !settings.some((one) => one.key === key)));
    });
  }

  /** Asks the provider; whoever stopped waiting hears nothing of it. */
  async test({ id }: ServiceInfo): Promise<void> {
    const number = ++this.#testing;
    this.#awaited[id] = number;
    this.tests[id] = { state: "asking" };
    let test: Test;
    try {
      test = { state: "heard", heard: await this.#session.backend.testService(id) };
    } catch (error) {
      test = { state: "failed", trouble: trouble(error) };
      if (asFailure(error).code in LOCKS) await this.#session.refresh();
    }
    if (this.#awaited[id] === number) this.tests[id] = test;
  }

  stopTest(id: string): void {
    this.#awaited[id] = undefined;
    this.tests[id] = { state: "stopped" };
  }

  /** What was found out of a service counts no more once it is another. */
  async #change(service: ServiceInfo, act: () => Promise<void>): Promise<boolean> {
    this.busy = [...this.busy, service.id];
    const done = await this.#session.attempt(act);
    await this.read();
    this.busy = this.busy.filter((id) => id !== service.id);
    if (done) {
      this.#awaited[service.id] = undefined;
      this.tests[service.id] = undefined;
    }
    return done;
  }

  #step({ id, name }: ServiceInfo, takeBack: () => Promise<void>): Step {
    return this.#session.undo.remember({ id: `service:${id}`, name, takeBack });
  }
}

/** What a service that was just switched on uses. */
function nowOn({ name, uses }: ServiceInfo): string {
  const say = words.services.done;
  if (!uses) return say.onWithout(name);
  const key = `${uses.provider}/${uses.name}`;
  return uses.fallback ? say.onFallback(name, key) : say.on(name, key);
}

import type { ActivityDay, ActivityPage, ActivityRequest, DeviceInfo, Happened } from "../backend";
import { FakeServices } from "./services";

const DAY = 86_400_000;

/** What the fake remembers of what happened, and the devices that it knows: what a test puts there. */
export class FakeActivity extends FakeServices {
  /** Newest first. */
  happened: Happened[] = [];
  others: DeviceInfo[] = [];

  async activity(request: ActivityRequest): Promise<ActivityPage> {
    await this.command("activity", request);
    const { since = 0, until = Infinity, key, program, by, event, failed, limit } = request;
    const named = (name: string | undefined) => name !== undefined && (name === key || name.split("/")[1] === key);
    const fits = this.happened.filter((entry) =>
      entry.at >= since && entry.at < until && (!failed || entry.failed) &&
      (key === undefined || entry.key === key || named(entry.event.name)) &&
      (program === undefined || entry.asker === program || entry.event.program === program) &&
      (by === undefined || entry.by === by) && (event === undefined || entry.event.event === event));
    return { entries: fits.slice(0, limit), more: fits.length > limit };
  }

  async activityPrograms(): Promise<string[]> {
    await this.command("activityPrograms");
    const all = this.happened.flatMap(({ asker, event }) => [asker, event.event === "lent" ? event.program : undefined]);
    return [...new Set(all.filter((name) => name !== undefined))].sort();
  }

  async verifications(since: number): Promise<ActivityDay[]> {
    await this.command("verifications", since);
    const days = new Map<number, ActivityDay>();
    for (const { at, event, failed } of this.happened) {
      if (event.event !== "verified" || at < since) continue;
      const start = Math.floor(at / DAY) * DAY;
      const day = days.get(start) ?? { at: start, total: 0, failed: 0 };
      days.set(start, { at: start, total: day.total + 1, failed: day.failed + Number(failed) });
    }
    return [...days.values()].sort((a, b) => b.at - a.at);
  }

  async devices(): Promise<DeviceInfo[]> {
    await this.command("devices");
    return [{ id: "device-here", here: true, name: "desk", platform: "linux", verified: this.kept.size }, ...this.others];
  }
}

import { counter, gauge } from '@wxa/service';
import type { Store } from '@wxa/store';

const EVERY_MS = 60_000;
/** Templates with a label of their own; the others are `other`. */
const MAX_TEMPLATES = 20;

const notReady = gauge('wxa_mini_programs_not_ready');
const byTemplate = gauge('wxa_mini_programs');
const drifted = gauge('wxa_mini_programs_drifted');
const oldest = gauge('wxa_fleet_oldest_observation_timestamp_seconds');
const readsTotal = counter('wxa_fleet_reads_total');

/** One part of a mini-program was read, or could not be. */
export function countRead(part: string, isRead: boolean): void {
  readsTotal.inc({ part: part.toLowerCase(), result: isRead ? 'ok' : 'failed' });
}

/** Exports the inventory's counts, from one worker at a time. */
export class FleetReport {
  #at = Number.NEGATIVE_INFINITY;

  constructor(private readonly fleet: Pick<Store['fleet'], 'count' | 'oldestRead'>) {}

  /** Once a minute. */
  async measure(): Promise<void> {
    if (performance.now() - this.#at < EVERY_MS) return;
    this.#at = performance.now();
    const counts = await this.fleet.count({});
    const oldestRead = await this.fleet.oldestRead();
    this.#clear();
    for (const { wait, count } of counts.waits) {
      const [item = '', acts = ''] = wait.toLowerCase().split(':');
      notReady.set({ item, acts }, count);
    }
    const known = counts.templates.filter(({ template }) => template !== null).slice(0, MAX_TEMPLATES);
    const unknown = counts.templates.find(({ template }) => template === null)?.count ?? 0;
    for (const { template, count } of known) byTemplate.set({ live_template: template ?? '' }, count);
    const others = counts.total - counts.notLive - unknown - known.reduce((sum, { count }) => sum + count, 0);
    byTemplate.set({ live_template: 'other' }, others);
    byTemplate.set({ live_template: 'unknown' }, unknown);
    byTemplate.set({ live_template: 'none' }, counts.notLive);
    drifted.set({}, counts.drifted);
    if (oldestRead !== undefined) oldest.set({}, oldestRead.getTime() / 1000);
  }

  /** Another worker exports them. */
  lost(): void {
    this.#at = Number.NEGATIVE_INFINITY;
    this.#clear();
  }

  #clear(): void {
    for (const each of [notReady, byTemplate, drifted, oldest]) each.clear();
  }
}

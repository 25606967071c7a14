import { gauge, METRICS } from '@wxa/service';
import type { Store } from '@wxa/store';

/** Each count reads all layers. */
const EVERY_MS = 5 * 60_000;

const layers = gauge('wxa_settings_layers');
const unregistered = gauge('wxa_settings_unregistered_domains');

/** Exports the counts of layers of settings, from one worker at a time. */
export class SettingsReport {
  #at = Number.NEGATIVE_INFINITY;

  constructor(private readonly settings: Pick<Store['settings'], 'count'>) {}

  /** Every five minutes. */
  async measure(): Promise<void> {
    if (performance.now() - this.#at < EVERY_MS) return;
    this.#at = performance.now();
    const counts = await this.settings.count();
    for (const scope of METRICS.wxa_settings_layers.labels.scope) layers.set({ scope }, counts[scope]);
    unregistered.set({}, counts.unregistered);
  }

  /** Another worker exports them. */
  lost(): void {
    this.#at = Number.NEGATIVE_INFINITY;
    for (const each of [layers, unregistered]) each.clear();
  }
}

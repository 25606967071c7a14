import type { FleetSummary, GetFleetSummaryRequest } from '@wxa/contracts';
import type { Fleet } from '@wxa/fleet';
import type { Visible } from '@wxa/postgres';
import { toSummary } from './to-mini-program.js';

const MAX_AGE_MS = 1_000;
/** More are kept for no caller: each policy and each choice of labels is one. */
const MAX_KEPT = 100;

/** Summaries of the last second, so that callers that repeat the call cause one count a second. */
export class FleetSummaries {
  readonly #kept = new Map<string, { at: number; summary: Promise<FleetSummary> }>();

  constructor(private readonly fleet: Pick<Fleet, 'count'>) {}

  of({ labels, byLabel }: GetFleetSummaryRequest, visible: Visible | undefined): Promise<FleetSummary> {
    const key = JSON.stringify([labels, byLabel, visible?.allow, visible?.deny]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && performance.now() - kept.at < MAX_AGE_MS) return kept.summary;
    const summary = this.fleet.count({ labels, byLabel, ...(visible && { visible }) }).then(toSummary);
    // A failure is not kept.
    summary.catch(() => this.#kept.delete(key));
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, { at: performance.now(), summary });
    return summary;
  }
}

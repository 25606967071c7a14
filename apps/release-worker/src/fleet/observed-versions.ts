import { resultFromJSON } from '@wxa/contracts';
import type { ClaimedOperation, SettlementWithAudits } from '@wxa/operations';
import type { Store } from '@wxa/store';

/** Later ones are not stored: the sweep reads the versions within a day. */
const MAX_PENDING = 20;

/** Stores the live versions that GetVersionInfo shows, of callers and of rollouts. Nothing waits for it. */
export class ObservedVersions {
  #pending = 0;

  constructor(
    private readonly fleet: Pick<Store['fleet'], 'showsAnother' | 'keepReads'>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  onSettled({ state, result }: SettlementWithAudits, { appid, method, startedAt }: ClaimedOperation): void {
    if (method !== 'GetVersionInfo' || state !== 'SUCCEEDED' || result === null) return;
    if (this.#pending >= MAX_PENDING) return;
    this.#pending += 1;
    void this.#keep(appid, result, startedAt ?? new Date())
      .catch(this.onFailure)
      .finally(() => {
        this.#pending -= 1;
      });
  }

  async #keep(appid: string, result: string, at: Date): Promise<void> {
    const read = resultFromJSON('GetVersionInfo', JSON.parse(result));
    if (read?.$case !== 'getVersionInfo') return;
    const { release } = read.value;
    if (!(await this.fleet.showsAnother(appid, release?.version))) return;
    await this.fleet.keepReads({ appid, at, reads: [{ part: 'VERSIONS', answer: { release } }] });
  }
}

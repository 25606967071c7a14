import { type OperationResult, resultFromJSON, VisitStatus } from '@wxa/contracts';
import type { ClaimedOperation, SettlementWithAudits } from '@wxa/operations';
import type { Store } from '@wxa/store';

/** Later ones are not stored: the sweep reads the versions within a day. */
const MAX_PENDING = 20;

const READS: ReadonlySet<string> = new Set([
  ...['GetVersionInfo', 'GetDomains', 'GetVisitStatus', 'GetSupportVersion'],
]);
/** No read shows which domains it refused. */
const SET = 'SetServerDomains';

/** Stores what reads of callers and of rollouts show of the live version, and which domains WeChat refused. Nothing waits for it. */
export class ObservedVersions {
  #pending = 0;

  constructor(
    private readonly fleet: Pick<
      Store['fleet'],
      'showsAnother' | 'showsRefused' | 'keepReads' | 'keepLiveSettings'
    >,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  onSettled({ state, result }: SettlementWithAudits, { appid, method, startedAt }: ClaimedOperation): void {
    if ((!READS.has(method) && method !== SET) || state !== 'SUCCEEDED' || result === null) return;
    if (this.#pending >= MAX_PENDING && method !== SET) return;
    this.#pending += 1;
    void this.#keep(resultFromJSON(method, JSON.parse(result)), appid, startedAt ?? new Date())
      .catch(this.onFailure)
      .finally(() => {
        this.#pending -= 1;
      });
  }

  async #keep(result: OperationResult | undefined, appid: string, at: Date): Promise<void> {
    switch (result?.$case) {
      case 'getVersionInfo': {
        const { release } = result.value;
        if (!(await this.fleet.showsAnother(appid, release?.version))) return;
        await this.fleet.keepReads({ appid, at, reads: [{ part: 'VERSIONS', answer: { release } }] });
        return;
      }
      case 'getDomains':
        await this.fleet.keepReads({ appid, at, reads: [{ part: 'DOMAINS', answer: result.value }] });
        return;
      case 'setServerDomains': {
        const { refused } = result.value;
        if (refused.length === 0 && !(await this.fleet.showsRefused(appid))) return;
        await this.fleet.keepReads({ appid, at, reads: [{ part: 'REFUSED', answer: { refused } }] });
        return;
      }
      case 'getVisitStatus': {
        const isOpen = result.value.status === VisitStatus.VISIT_STATUS_OPEN;
        await this.fleet.keepLiveSettings({ appid, at, visitStatus: isOpen ? 'OPEN' : 'CLOSED' });
        return;
      }
      case 'getSupportVersion':
        await this.fleet.keepLiveSettings({ appid, at, supportVersion: result.value.nowVersion });
    }
  }
}

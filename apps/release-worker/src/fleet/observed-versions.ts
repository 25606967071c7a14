import {
  GrayReleaseStatus,
  type OperationResult,
  requestFromJSON,
  resultFromJSON,
  VisitStatus,
} from '@wxa/contracts';
import type { SeenAnswer } from '@wxa/fleet';
import type { ClaimedOperation, SettlementWithAudits } from '@wxa/operations';
import type { Store } from '@wxa/store';

/** Later reads are not stored: the sweep reads the versions within a day, and all else within its interval. */
const MAX_PENDING = 20;

const READS: ReadonlySet<string> = new Set([
  ...['GetVersionInfo', 'GetDomains', 'GetVisitStatus', 'GetSupportVersion'],
  ...['GetPrivacyGuide', 'ListCategories', 'GetGrayReleasePlan'],
]);
const GRAY: readonly (GrayReleaseStatus | undefined)[] = [
  GrayReleaseStatus.GRAY_RELEASE_STATUS_RUNNING,
  GrayReleaseStatus.GRAY_RELEASE_STATUS_PAUSED,
];
/** No read shows which domains were refused, and the guide is not read again for up to a week. */
const SETS: ReadonlySet<string> = new Set(['SetServerDomains', 'SetPrivacyGuide']);

/**
 * Stores what the operations of callers and of rollouts show of the live version and of what readiness depends on. Nothing waits for
 * it.
 */
export class ObservedVersions {
  #pending = 0;

  constructor(
    private readonly fleet: Pick<
      Store['fleet'],
      'showsAnother' | 'showsRefused' | 'isShown' | 'keepReads' | 'keepLiveSettings'
    >,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  onSettled({ state, result }: SettlementWithAudits, operation: ClaimedOperation): void {
    const { method } = operation;
    if ((!READS.has(method) && !SETS.has(method)) || state !== 'SUCCEEDED' || result === null) return;
    if (this.#pending >= MAX_PENDING && !SETS.has(method)) return;
    this.#pending += 1;
    void this.#keep(resultFromJSON(method, JSON.parse(result)), operation)
      .catch(this.onFailure)
      .finally(() => {
        this.#pending -= 1;
      });
  }

  async #keep(result: OperationResult | undefined, operation: ClaimedOperation): Promise<void> {
    const { appid, startedAt } = operation;
    const at = startedAt ?? new Date();
    const keep = async (read: SeenAnswer) => {
      // Most rollouts look at what has not changed.
      if (read.part !== 'VERSIONS' && (await this.fleet.isShown(appid, read))) return;
      await this.fleet.keepReads({ appid, at, reads: [read], isObserved: true });
    };
    switch (result?.$case) {
      case 'getVersionInfo': {
        const { release } = result.value;
        if (!(await this.fleet.showsAnother(appid, release?.version))) return;
        await keep({ part: 'VERSIONS', answer: { release } });
        return;
      }
      case 'getDomains':
        await keep({ part: 'DOMAINS', answer: result.value });
        return;
      case 'listCategories':
        await keep({ part: 'CATEGORY', answer: result.value });
        return;
      case 'getPrivacyGuide':
        await keep({ part: 'GUIDE', answer: result.value });
        return;
      case 'setPrivacyGuide': {
        const { value } = requestFromJSON('SetPrivacyGuide', operation.request);
        if (value?.$case !== 'guide') return;
        // What WeChat detected besides has a text.
        const { uncoveredKeys: detectedKeys } = result.value;
        const answer = {
          codeExists: true,
          detectedKeys,
          guide: value.value,
          descriptions: [],
          updateTime: at,
        };
        await keep({ part: 'GUIDE', answer });
        return;
      }
      case 'setServerDomains': {
        const { refused } = result.value;
        if (refused.length === 0 && !(await this.fleet.showsRefused(appid))) return;
        await keep({ part: 'REFUSED', answer: { refused } });
        return;
      }
      case 'getVisitStatus': {
        const isOpen = result.value.status === VisitStatus.VISIT_STATUS_OPEN;
        await this.fleet.keepLiveSettings({ appid, at, visitStatus: isOpen ? 'OPEN' : 'CLOSED' });
        return;
      }
      case 'getGrayReleasePlan': {
        const { status, percentage = 0 } = result.value.plan ?? {};
        await this.fleet.keepLiveSettings({ appid, at, grayPercent: GRAY.includes(status) ? percentage : 0 });
        return;
      }
      case 'getSupportVersion':
        await this.fleet.keepLiveSettings({ appid, at, supportVersion: result.value.nowVersion });
    }
  }
}

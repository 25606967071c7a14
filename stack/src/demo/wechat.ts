import { type AuditCompleted, AuditResult } from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import { waitUntil } from '../wait.js';
import type { Account } from './account.js';
import { same } from './check.js';
import { withoutPrefix } from './describe-message.js';
import type { KafkaViewer } from './kafka-viewer.js';

const PUSHED_MS = 10_000;

/** WeChat's part of the story: its moods and its auditors, played through the simulator's control API. */
export class Wechat {
  constructor(
    private readonly sim: SimControl,
    private readonly program: Account,
    private readonly viewer: KafkaViewer,
  ) {}

  /** The next calls of an API are answered -1, "system busy", and do nothing. */
  async isBusy(api: string, times: number): Promise<void> {
    await this.sim.addFault({ api, appid: this.program.appid, kind: 'busy', times });
  }

  /** Approves the audit that is open and pushes so `times` times. */
  approves(auditId: bigint, what: string, times = 1): Promise<AuditCompleted> {
    return this.program.wechat(what, async () => {
      const already = await this.acceptedPushes();
      await this.decide(auditId, { decision: 'approve', push: { times } });
      const audit = await this.viewer.auditCompleted(auditId);
      same(audit.result, AuditResult.AUDIT_RESULT_APPROVED, 'The result of the audit');
      await this.untilPushed(already + times);
      return { value: audit, lines: [result(audit)] };
    });
  }

  /** Rejects the audit that is open, with the reasons of WeChat's own documentation. */
  rejects(auditId: bigint, what: string): Promise<AuditCompleted> {
    return this.program.wechat(what, async () => {
      await this.decide(auditId, { decision: 'reject' });
      const audit = await this.viewer.auditCompleted(auditId);
      same(audit.result, AuditResult.AUDIT_RESULT_REJECTED, 'The result of the audit');
      same(
        audit.reasons.map(({ details }) => details.length),
        [1, 2],
        'The details under each reason',
      );
      const reasons = audit.reasons.flatMap(({ title, details }) => [
        title,
        ...details.map((detail) => `· ${detail}`),
      ]);
      return { value: audit, lines: [result(audit), ...reasons] };
    });
  }

  private async decide(auditId: bigint, decision: Parameters<SimControl['decide']>[1]): Promise<void> {
    const decided = await this.sim.decide(this.program.appid, decision);
    same(decided.auditId, String(auditId), 'The audit decided');
  }

  private async acceptedPushes(): Promise<number> {
    const pushes = await this.sim.pushes({ appid: this.program.appid });
    return pushes.filter(({ status, answer }) => status === 200 && answer === 'success').length;
  }

  private async untilPushed(count: number): Promise<void> {
    const pushed = async () => same(await this.acceptedPushes(), count, 'Pushes answered success');
    await waitUntil(pushed, { name: 'The push of the audit', timeoutMs: PUSHED_MS });
  }
}

function result({ auditId, result }: AuditCompleted): string {
  return `AuditCompleted: ${auditId} ${withoutPrefix(result, 'AUDIT_RESULT_')}`;
}

import { Batcher } from '@wxa/service/batcher';
import type { Pool } from 'pg';
import { BATCH } from '../batch.js';
import type { Pools } from '../data-source.js';
import type { Publisher } from '../outbox/author.js';
import { versionCommittedBefore } from './audits.js';
import type { ReceivedPush } from './push-signatures.js';
import { type PushOutcome, recordPushes } from './record-push.js';
import { type DueAudit, type PollSchedule, takeDueAudits } from './take-due-audits.js';

/** The audits of submissions and the callbacks about them. */
export class AuditStore {
  readonly #pushes: Batcher<ReceivedPush, PushOutcome>;
  private readonly pool: Pool;

  constructor({ calls, pushes }: Pools, publisher: Publisher) {
    this.pool = calls;
    this.#pushes = new Batcher((items) => recordPushes(pushes, publisher, items), { ...BATCH, parallel: 1 });
  }

  /** Stores a callback and matches it to its audit; durable when it resolves. Batched. */
  recordPush(push: ReceivedPush): Promise<PushOutcome> {
    return this.#pushes.add(push);
  }

  /** Takes the open audits that are due for a poll. */
  takeDue(schedule: PollSchedule): Promise<DueAudit[]> {
    return takeDueAudits(this.pool, schedule);
  }

  /** The version that was submitted to an audit; empty if the audit was made outside this service. */
  async versionOf(appid: string, auditId: string): Promise<string> {
    const { rows } = await this.pool.query<{ user_version: string }>(
      'select user_version from audits where appid = $1 and audit_id = $2',
      [appid, auditId],
    );
    return rows[0]?.user_version ?? '';
  }

  /** The version that this service committed last before an operation; empty if there is none. */
  versionCommittedBefore(appid: string, operationId: string): Promise<string> {
    return versionCommittedBefore(this.pool, appid, operationId);
  }
}

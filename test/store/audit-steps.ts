import { randomUUID } from 'node:crypto';
import type { AuditDecision } from '@wxa/contracts';
import type { ClaimedOperation, SettlementWithAudits, Store } from '@wxa/store';
import { settlement } from './operation-steps.js';
import { newOperation, type ScratchStore } from './scratch-store.js';

export const HOUR_MS = 3_600_000;

export type End = 'APPROVED' | 'REJECTED' | 'WITHDRAWN';

export function auditDecision(
  state: AuditDecision['state'],
  source: AuditDecision['source'],
  at: number,
): AuditDecision {
  return { state, source, decidedAt: new Date(at), reason: '', screenshots: [], originalId: '' };
}

/** Records an audit callback through one of two stores. */
export function push(store: Store, appid: string, state: End | 'DELAYED', at: number) {
  return store.audits.recordPush({
    key: `${appid} ${state} ${at}`,
    appid,
    signature: null,
    decision: auditDecision(state, 'CALLBACK', Math.floor(at / 1000) * 1000),
  });
}

export type Ended = Pick<SettlementWithAudits, 'state' | 'auditEffect' | 'mayHaveActed'>;

export function row(operation: ClaimedOperation, ended: Ended): SettlementWithAudits {
  const reconcileInMs = ended.state === 'IN_DOUBT' ? 0 : null;
  return settlement(operation, ended.state, { event: null, reconcileInMs, ...ended });
}

/** Steps of audits, through the stores of worker and gateway. */
export class AuditSteps {
  constructor(private readonly scratch: ScratchStore) {}

  async begin(appid: string, method: string, isChange: boolean, startedAt: number) {
    const operation = newOperation({ appid, method, isChange });
    await this.scratch.gateway.operations.accept(operation);
    return this.claim(operation.id, startedAt);
  }

  async claim(id: string, startedAt: number): Promise<ClaimedOperation> {
    const claimed = await this.scratch.worker.operations.claim({ id, leaseMs: 60_000, key: randomUUID() });
    if (claimed.kind !== 'claimed') throw new Error(`not claimed but ${claimed.kind}`);
    await this.scratch.sql('update operations set started_at = $2 where id = $1', [id, new Date(startedAt)]);
    return claimed.operation;
  }

  async settle(operation: ClaimedOperation, ended: Partial<Ended>): Promise<void> {
    const full = { state: 'SUCCEEDED' as const, auditEffect: null, mayHaveActed: false, ...ended };
    await this.scratch.worker.operations.settle(row(operation, full));
  }

  /** Settles a GetAuditStatus that returned a decision. */
  async poll(appid: string, auditId: string, decision: AuditDecision) {
    const query = await this.begin(appid, 'GetAuditStatus', false, Date.now());
    await this.settle(query, { auditEffect: { kind: 'observed', auditId, decision } });
  }

  async undo(appid: string, at: number, auditId?: string) {
    const operation = await this.begin(appid, 'UndoAudit', true, at);
    const decision = auditDecision('WITHDRAWN', 'OPERATION', at);
    await this.settle(operation, { auditEffect: { kind: 'withdrawn', decision, auditId } });
  }

  async submitted(appid: string, auditId: string, at: number): Promise<ClaimedOperation> {
    const operation = await this.begin(appid, 'SubmitAudit', true, at);
    await this.settle(operation, { auditEffect: { kind: 'opened', auditId, submittedAt: new Date(at) } });
    return operation;
  }

  /** The ids of the audit events of a mini-program, with their states. */
  async published(appid: string): Promise<[id: string, state: string][]> {
    const rows = await this.scratch.sql<{ id: string; state: string }>(
      `select event_id as id, value::json -> 'decision' ->> 'state' as state from outbox
       where appid = $1 and type = 'wxa.code.v1.AuditCompleted' order by id`,
      [appid],
    );
    return rows.map(({ id, state }) => [id, state]);
  }
}

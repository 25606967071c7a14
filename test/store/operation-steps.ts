import { randomUUID } from 'node:crypto';
import type { Claim, ClaimedOperation, SettlementWithAudits } from '@wxa/store';
import { event, newOperation, type ScratchStore } from './scratch-store.js';

export function claimed(answer: Claim): ClaimedOperation {
  if (answer.kind !== 'claimed') throw new Error(`not claimed but ${answer.kind}`);
  return answer.operation;
}

/** The settlement of a claimed operation after one call. */
export function settlement(
  { id, appid, fence, claimKey }: Pick<ClaimedOperation, 'id' | 'appid' | 'fence' | 'claimKey'>,
  state: SettlementWithAudits['state'],
  given: Partial<SettlementWithAudits> = {},
): SettlementWithAudits {
  const final = state === 'SUCCEEDED' || state === 'FAILED';
  return {
    id,
    appid,
    fence,
    claimKey,
    state,
    attempts: 1,
    endedAt: final ? new Date() : null,
    retryInMs: state === 'RETRYING' ? 0 : null,
    delayed: false,
    error: null,
    result: null,
    event: state === 'RETRYING' ? null : event(appid, `${id}.completed`),
    mayHaveActed: false,
    negativeReads: 0,
    reconcileInMs: null,
    auditEffect: null,
    ...given,
  };
}

/** Steps of operations, through the stores of gateway and worker. */
export class OperationSteps {
  constructor(private readonly scratch: ScratchStore) {}

  /** Accepts changes of one mini-program and returns their ids in order. */
  async accept(count: number, appid: string): Promise<string[]> {
    const operations = Array.from({ length: count }, () => newOperation({ appid }));
    for (const operation of operations) await this.scratch.gateway.operations.accept(operation);
    return operations.map(({ id }) => id);
  }

  claim(id: string, leaseMs = 60_000, key = randomUUID()): Promise<Claim> {
    return this.scratch.worker.operations.claim({ id, partition: 0, leaseMs, key });
  }
}

import { randomUUID } from 'node:crypto';
import type { AuditEffect } from '@wxa/audits';
import type { Claim, ClaimedOperation, NewOperation, SettlementWithAudits } from '@wxa/operations';
import type { Store } from '@wxa/store';
import { event, newOperation } from './scratch-store.js';
import { gateway, newAppid, worker } from './use-store.js';

/** An operation as its claim names it. */
type Held = Pick<ClaimedOperation, 'id' | 'appid' | 'fence' | 'claimKey'>;

export function claimed(answer: Claim): ClaimedOperation {
  if (answer.kind !== 'claimed') throw new Error(`not claimed but ${answer.kind}`);
  return answer.operation;
}

/** The settlement of a claimed operation after one call. */
export function settlement(
  { id, appid, fence, claimKey }: Held,
  state: SettlementWithAudits['state'],
  given: Partial<SettlementWithAudits> = {},
): SettlementWithAudits {
  const final = state === 'SUCCEEDED' || state === 'FAILED';
  return {
    ...{ id, appid, fence, claimKey, state, attempts: 1, endedAt: final ? new Date() : null },
    ...{ retryInMs: state === 'RETRYING' ? 0 : null, delayed: false, error: null, result: null },
    event: state === 'RETRYING' ? null : event(appid, `${id}.completed`),
    ...{ mayHaveActed: false, negativeReads: 0, auditEffect: null, ...given },
    reconcileInMs: given.reconcileInMs ?? (state === 'IN_DOUBT' ? 0 : null),
  };
}

/** Accepts an operation, by default a change of a mini-program of its own. */
export async function accept(given: Partial<NewOperation> = {}): Promise<string> {
  const operation = newOperation(given);
  await gateway.operations.accept(operation);
  return operation.id;
}

/** Accepts changes of one mini-program and returns their ids in order. */
export async function acceptAll(count: number, appid = newAppid()): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await accept({ appid }));
  return ids;
}

export const acceptQuery = (appid = newAppid()) => accept({ appid, method: 'ListPages', isChange: false });

type Claiming = Parameters<typeof worker.operations.claim>[0];

export function claim(id: string, given: Partial<Claiming> = {}, store = worker): Promise<Claim> {
  return store.operations.claim({ id, partition: 0, leaseMs: 60_000, key: randomUUID(), ...given });
}

/** Accepts and claims an operation. */
export async function begin(given: Partial<NewOperation> = {}, claiming = {}): Promise<ClaimedOperation> {
  return claimed(await claim(await accept(given), claiming));
}

export function settle(
  operation: Held,
  state: SettlementWithAudits['state'],
  given: Partial<SettlementWithAudits> = {},
) {
  return worker.operations.settle(settlement(operation, state, given));
}

/** An operation that may have been executed and is due for reconciliation. */
export async function inDoubt(given: Partial<NewOperation> = {}): Promise<ClaimedOperation> {
  const operation = await begin(given);
  const doubt = event(operation.appid, `${operation.id}.in-doubt`);
  await settle(operation, 'IN_DOUBT', { mayHaveActed: true, event: doubt });
  return operation;
}

/** What the end of an operation publishes. */
export const toEvent = ({ id, appid }: { id: string; appid: string }) => event(appid, `${id}.completed`);

export const cancel = (id: string) => gateway.operations.cancel(id, toEvent);

interface Resolving {
  auditEffect?: AuditEffect | null;
  result?: string | null;
  resolvedBy?: string;
  store?: Store;
  /** Called with the operation that is decided. */
  onDecide?: (operation: unknown) => void;
}

export function resolve(
  id: string,
  state: 'SUCCEEDED' | 'FAILED' | 'RETRYING',
  { auditEffect = null, result = null, resolvedBy = 'me', store = gateway, onDecide }: Resolving = {},
) {
  const decide = (operation: unknown) => {
    onDecide?.(operation);
    return { state, error: null, result, auditEffect };
  };
  return store.doubts.resolve({ id, resolvedBy, reason: 'saw it' }, decide, toEvent);
}

export const stateOf = async (id: string) => (await worker.operations.find(id))?.state;

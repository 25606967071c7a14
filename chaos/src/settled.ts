import { setTimeout as delay } from 'node:timers/promises';
import type { SimControl } from '@wxa/wechat-sim';
import type { OperationsTable } from './sources/operations-table.js';
import { wechatAudits } from './sources/wechat-audits.js';

const POLL_MS = 500;
/** Longer than any back-off once the faults have ended. */
export const SETTLES_WITHIN_MS = 120_000;

/** Waits until nothing more will happen by itself, at most `longestMs`; returns how long that took, in milliseconds. */
export async function settled(
  table: OperationsTable,
  sim: SimControl,
  show: (what: string) => void,
  { longestMs, signal }: { longestMs: number; signal: AbortSignal },
): Promise<number> {
  const from = Date.now();
  while (Date.now() - from < longestMs) {
    signal.throwIfAborted();
    const left = await pending(table, sim);
    if (left === '') break;
    show(left);
    await delay(POLL_MS);
  }
  return Date.now() - from;
}

async function pending(table: OperationsTable, sim: SimControl): Promise<string> {
  const { operations, outbox } = await table.unfinished();
  if (operations + outbox > 0) return `${operations} operations unfinished, ${outbox} messages unpublished`;
  const targets = await table.movingTargets();
  if (targets > 0) return `${targets} targets of a rollout have not ended`;
  const open = await table.openAudits();
  const known = await wechatAudits(sim, [...new Set(open.map(({ appid }) => appid))]);
  const decided = new Set(
    known.filter(({ state }) => state !== 'OPEN').map(({ appid, auditId }) => appid + auditId),
  );
  const late = open.filter(({ appid, auditId }) => decided.has(appid + auditId));
  return late.length > 0 ? `${late.length} audit decisions not received yet` : '';
}

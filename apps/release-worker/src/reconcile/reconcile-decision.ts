import type { Method, ResultOf } from '@wxa/contracts';
import { type Answer, pauseAfterNegativeRead } from '../settle/reconciliation-read.js';

export interface DoubtFacts {
  /** Number of reconciliations, this one included. */
  checks: number;
  /** Of these, how many may have sent a read. */
  reads: number;
  /** Number of negative reads before. */
  negativeReads: number;
  /** The doubt was caused by the rejection of a later attempt, not by a lost response. */
  rejected: boolean;
  /** Time until the deadline. */
  leftMs: number;
  /** The circuit breaker is open: a missing answer says nothing about this read. */
  isUnavailable: boolean;
}

export type ReconcileDecision<M extends Method> =
  | { kind: 'succeeded'; result: ResultOf<M> }
  /** Not executed, or a retry proves whether it was: it is sent again. */
  | { kind: 'retry' }
  /** Not executed: WeChat's rejection of the later attempt is the result. */
  | { kind: 'rejected' }
  /** Not executed, and past the deadline. */
  | { kind: 'too-late' }
  | { kind: 'check-again'; afterMs: number; negativeReads: number }
  /** Needs manual resolution. */
  | { kind: 'needs-operator'; why: string };

/** About 55 minutes without an answer; no read is made while the breaker is open. */
const MAX_READS = 60;
const BASE_MS = 500;
const CAP_MS = 60_000;

/** Decides what follows an answer. Pure, except for the jitter. */
export function decideAfterAnswer<M extends Method>(
  answer: Answer<M>,
  doubt: DoubtFacts,
  random: () => number = Math.random,
): ReconcileDecision<M> {
  switch (answer.kind) {
    case 'executed':
      return { kind: 'succeeded', result: answer.result };
    case 'retry-proves':
      // WeChat would reject another retry too.
      if (doubt.rejected)
        return {
          kind: 'needs-operator',
          why: 'WeChat rejected the retry that would have proved the execution',
        };
      return doubt.leftMs > 0 ? { kind: 'retry' } : { kind: 'needs-operator', why: answer.why };
    case 'inconclusive':
      return { kind: 'needs-operator', why: answer.why };
    case 'no-answer': {
      if (doubt.reads >= MAX_READS && !doubt.isUnavailable && answer.isUnsent !== true)
        return { kind: 'needs-operator', why: answer.why };
      const afterMs = answer.quotaMs ?? waitMs(doubt.checks, random);
      return { kind: 'check-again', afterMs, negativeReads: doubt.negativeReads };
    }
    case 'not-executed':
      return afterNegativeRead(doubt);
  }
}

type Negative = Exclude<ReconcileDecision<Method>, { kind: 'succeeded' | 'needs-operator' }>;

function afterNegativeRead({ negativeReads, rejected, leftMs }: DoubtFacts): Negative {
  const pause = pauseAfterNegativeRead(negativeReads);
  if (pause !== undefined) return { kind: 'check-again', afterMs: pause, negativeReads: negativeReads + 1 };
  if (rejected) return { kind: 'rejected' };
  return leftMs > 0 ? { kind: 'retry' } : { kind: 'too-late' };
}

/** Exponential back-off with 50 % jitter. */
function waitMs(checks: number, random: () => number): number {
  const maxMs = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(checks, 10));
  return Math.floor(maxMs / 2 + (random() * maxMs) / 2);
}

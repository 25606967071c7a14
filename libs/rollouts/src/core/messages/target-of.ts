import { AuditItem, OperationError } from '@wxa/contracts';
import { stepOfNumber, type Target } from '../target.js';

/** Properties of a target that a row has in another form: numbers of steps, texts, proto3 JSON. */
type Converted = 'step' | 'state' | 'waitsFor' | 'error' | 'items' | 'checkResults' | 'checkedItems';

/** A row of `rollout_targets`. */
export interface StoredTarget extends Omit<Target, Converted> {
  /** Number of RolloutStep. */
  step: number;
  state: string;
  waitsFor: string | null;
  /** Proto3 JSON of OperationError. */
  error: unknown;
  /** Proto3 JSON of AuditItems. */
  items: unknown[] | null;
  checkResults: unknown;
  checkedItems: unknown[] | null;
  waveGiven: number;
  /** Of the error that is shown, for lists and groups of failures. */
  reason: string | null;
  errcode: number | null;
  errorTitle: string | null;
  updatedAt: Date;
}

/** What a turn reads of a target. */
export type TurnTarget = Omit<StoredTarget, (typeof UNREAD)[number]>;
/** What a turn does not read of a target. */
export const UNREAD = ['waveGiven', 'reason', 'errcode', 'errorTitle', 'updatedAt'] as const;

/** A stored target in the form of the pure core. Throws if this version does not know its step. */
export function targetOf(record: TurnTarget): Target {
  return {
    ...record,
    step: stepOfNumber(record.step),
    state: record.state as Target['state'],
    waitsFor: record.waitsFor as Target['waitsFor'],
    error: record.error === null ? null : OperationError.fromJSON(record.error),
    items: itemsOf(record.items),
    checkResults: record.checkResults as Target['checkResults'],
    checkedItems: itemsOf(record.checkedItems),
  };
}

function itemsOf(items: unknown[] | null): AuditItem[] | null {
  return items?.map((item) => AuditItem.fromJSON(item)) ?? null;
}

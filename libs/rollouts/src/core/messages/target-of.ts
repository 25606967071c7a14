import { AuditItem, OperationError } from '@wxa/contracts';
import { stepOfNumber, type Target } from '../target.js';

/** Properties of a target that a row has in another form: numbers of steps, texts, proto3 JSON. */
type Converted = 'step' | 'state' | 'waitsFor' | 'error' | 'items' | 'checkResults' | 'checkedItems';

/** A target as it is stored. */
export interface TargetRecord extends Omit<Target, Converted> {
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
}

/** A stored target in the form of the pure core. Throws if this version does not know its step. */
export function targetOf(record: TargetRecord): Target {
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

import type { Method } from '@wxa/contracts';
import type { Owned, ReceivedRecord } from '@wxa/kafka';
import type { EntryState } from './entry-state.js';

/** One operation in its lane, with the records of its command. */
export interface LaneEntry {
  readonly operationId: string;
  readonly appid: string;
  readonly method: Method;
  readonly partition: number;
  /**
   * What keeps it in memory: the record of its command, several if it was redelivered, or the ownership of its
   * partition if it was loaded from Postgres.
   */
  readonly records: (ReceivedRecord | Owned)[];
  /** Changed by `transition` only. */
  readonly state: EntryState;
  /** Approximate size of its request. */
  requestBytes: number;
  /** It was claimed before: its reservation precedes first calls. */
  isRetry: boolean;
  /** Its command was published before the partition was assigned: another process may have ended the operation. */
  mayHaveEnded: boolean;
  /** It was loaded from Postgres during its step or claim. */
  loadedInStep: boolean;
  /** Since when it could have been claimed, in performance.now() time; undefined while claimed or backing off. */
  dueSince: number | undefined;
  /** Time of the first claim, in performance.now() time, and how long it waited since then for other claims. */
  firstClaimedAt: number | undefined;
  throttledMs: number;
  /** What its reservation is for: the read before the call, or the call. */
  next: 'read' | 'call' | undefined;
  /** The read before the call is complete; the call is yet to be sent. */
  readDone: boolean;
  /** Number of reads in which an unconfirmed attempt appeared as not executed. */
  negativeReads: number;
  /** Number of unreadable responses to the read before the call. */
  unreadableReads: number;
  /** The idempotency key of its claim, until the claim is answered. */
  claimKey: string | undefined;
  /** Number of claim requests, answered or not. */
  claimNumber: number;
  /** The token that WeChat rejected at the last attempt. */
  rejectedToken: string | undefined;
  /** While a retry waits for the retry budget: its deadline, in performance.now() time. */
  retryUntil: number | undefined;
}

export function laneEntry(
  operationId: string,
  appid: string,
  method: Method,
  record: ReceivedRecord | Owned,
): LaneEntry {
  return {
    operationId,
    appid,
    method,
    partition: record.partition,
    records: [record],
    state: { kind: 'queued' },
    requestBytes: 'value' in record ? (record.value?.length ?? 0) : 0,
    isRetry: false,
    mayHaveEnded: 'mayBeRepeated' in record && record.mayBeRepeated,
    loadedInStep: false,
    dueSince: undefined,
    firstClaimedAt: undefined,
    throttledMs: 0,
    next: undefined,
    readDone: false,
    negativeReads: 0,
    unreadableReads: 0,
    claimKey: undefined,
    claimNumber: 0,
    rejectedToken: undefined,
    retryUntil: undefined,
  };
}

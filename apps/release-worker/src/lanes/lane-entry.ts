import type { Method } from '@wxa/contracts';
import type { Owned, ReceivedRecord } from '@wxa/kafka';
import type { Span } from '@wxa/service';
import type { Claim } from '@wxa/store';

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
  /** Number of reads since the last call in which its precondition did not hold. */
  mismatches: number;
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
  /** Its processing, if it is traced; ended when it leaves its lane. */
  span: Span | undefined;
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
    mismatches: 0,
    unreadableReads: 0,
    claimKey: undefined,
    claimNumber: 0,
    rejectedToken: undefined,
    retryUntil: undefined,
    span: undefined,
  };
}

/** The result of a claim, and when it was requested and answered, in performance.now() time. */
export interface Claimed {
  claim: Claim;
  leaseMs: number;
  requestedAt: number;
  answeredAt: number;
}

/** Reservations of the mini-program's and of the API's rate limit, in performance.now() time. */
export interface Reservations {
  forAppid?: number | undefined;
  forApi?: number | undefined;
}

/**
 * - `queued`: waits behind other entries, or for its first step.
 * - `throttled`: at the head of its lane; waits for reservations, the retry budget, the circuit breaker or a back-off.
 * - `acquiring`: is due; waits for a permit and its claim.
 * - `chained`: is claimed with the settlement of the entry before it; `claimed` is set once that is answered.
 * - `claimed`, `reading`, `calling`: this worker holds its claim and may read from or call WeChat.
 * - `settling`: its attempt has ended; the result is written until Postgres stores it.
 * - `done`: it ended, or waits in Postgres; its records are completed.
 */
export type EntryState =
  | { kind: 'queued' | 'claimed' | 'reading' | 'calling' | 'settling' | 'done' }
  | { kind: 'throttled' | 'acquiring'; reservations: Reservations }
  | { kind: 'chained'; reservations: Reservations; claimed?: Claimed };

type Kind = EntryState['kind'];

/** A lane entry, as far as its state goes. */
interface Entry {
  readonly state: EntryState;
}

/**
 * The next states of each. A step that fails unexpectedly goes back to `throttled`: its claim expires. An entry that was
 * loaded from Postgres again during its step leaves `done`.
 */
export const TRANSITIONS: Record<Kind, readonly Kind[]> = {
  queued: ['throttled', 'chained'],
  throttled: ['throttled', 'acquiring', 'chained', 'done'],
  acquiring: ['throttled', 'claimed', 'settling', 'done'],
  chained: ['chained', 'throttled', 'claimed', 'settling', 'done'],
  claimed: ['reading', 'calling', 'settling', 'throttled'],
  reading: ['calling', 'settling', 'throttled'],
  calling: ['settling', 'throttled'],
  settling: ['throttled', 'done'],
  done: ['throttled'],
};

/** The only way to change the state of an entry. Throws if `TRANSITIONS` does not list it. */
export function transition(entry: Entry, next: EntryState): void {
  const { state } = entry;
  if (!TRANSITIONS[state.kind].includes(next.kind))
    throw new Error(`a lane entry cannot change from ${state.kind} to ${next.kind}`);
  (entry as { state: EntryState }).state = next;
}

/** The state `throttled` with the reservations that the entry holds. */
export function throttled(entry: Entry): EntryState {
  return { kind: 'throttled', reservations: reservationsOf(entry) };
}

export function reservationsOf({ state }: Entry): Reservations {
  return 'reservations' in state ? state.reservations : {};
}

/** Returns the reservations of an entry, which holds none afterwards. */
export function useReservations(entry: Entry): Reservations {
  const held = reservationsOf(entry);
  const used = { ...held };
  held.forAppid = undefined;
  held.forApi = undefined;
  return used;
}

/** Claimed with the settlement of the entry before it: its lane must run it in any case. */
export function isChained(entry: Entry | undefined): boolean {
  return entry?.state.kind === 'chained';
}

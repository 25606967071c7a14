import type { Method } from '@wxa/contracts';
import type { Owned, ReceivedRecord } from '@wxa/kafka';
import { ROOMS } from '@wxa/methods';
import type { Claim } from '@wxa/operations';

/** One operation in its lane: what it is, what its attempts know of each other, and where it is now. */
export interface LaneEntry {
  readonly operationId: string;
  readonly appid: string;
  readonly method: Method;
  /** The path of a listed call; undefined: the API of its method. */
  readonly api?: string | undefined;
  readonly partition: number;
  /**
   * What keeps it in memory: the record of its command, several if it was redelivered, or the ownership of its
   * partition if it was loaded from Postgres.
   */
  readonly records: (ReceivedRecord | Owned)[];
  /** Approximate size of its request. */
  readonly requestBytes: number;
  readonly memory: Memory;
  /** Changed by `transition` only. */
  readonly state: EntryState;
}

/** The API that an operation calls. */
export function apiOf({ method, api }: Pick<LaneEntry, 'method' | 'api'>): string {
  return api ?? ROOMS[method].api;
}

/** What an entry remembers from one claim to the next. */
export interface Memory {
  /** Its command may be a redelivery, or it was loaded during its step: another process may have ended the operation. */
  mayHaveEnded: boolean;
  /** Number of reads in which an unconfirmed attempt appeared as not executed. */
  negativeReads: number;
  /** Number of reads since the last call in which its precondition did not hold. */
  mismatches: number;
  /** Number of unreadable responses to the read before the call. */
  unreadableReads: number;
  /** The token that WeChat rejected at the last attempt. */
  rejectedToken: string | undefined;
}

/** How far an entry has come; every state has it from the one before. Times are in performance.now() time. */
export interface EntryProgress {
  /** It was claimed before, here or elsewhere: its reservation precedes first calls. */
  readonly isRetry: boolean;
  /** Its first claim in this lane, moved forward by the time that it waited since then for other claims. */
  readonly attemptedSince?: number;
  /** What its reservation is for: the read before the call, or the call. Undefined: what its method begins with. */
  readonly next?: 'read' | 'call';
  /** The read before the call is complete; the call is yet to be sent. */
  readonly readDone?: boolean;
}

/** What an entry has while it waits for its claim, in performance.now() time. */
export interface ClaimWait {
  /** Since when it could have been claimed; undefined while it backs off. */
  dueSince: number | undefined;
  /** While a retry waits for the retry budget: its deadline. */
  retryUntil: number | undefined;
  /** The reservations of the mini-program's and of the API's rate limit. */
  forAppid: number | undefined;
  forApi: number | undefined;
  /** Its claim, until that is answered: the idempotency key and the number of requests with it. */
  claim: { key: string; number: number } | undefined;
}

/** The result of a claim, and when it was requested and answered, in performance.now() time. */
export interface Claimed {
  claim: Claim;
  leaseMs: number;
  requestedAt: number;
  answeredAt: number;
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
export type EntryState = { readonly progress: EntryProgress } & (
  | { readonly kind: 'queued' | 'throttled' | 'acquiring'; readonly wait: ClaimWait }
  | { readonly kind: 'chained'; readonly wait: ClaimWait; readonly claimed?: Claimed }
  | { readonly kind: 'claimed' | 'reading' | 'calling' | 'done' }
  | { readonly kind: 'settling'; readonly retryUntil: number | undefined }
);

type Kind = EntryState['kind'];

/** A lane entry, as far as its state goes. */
type Entry = Pick<LaneEntry, 'state'>;

/**
 * The next states of each. A step that fails unexpectedly goes back to `throttled`: its claim expires. After its read, an
 * entry is `claimed` for its call. One that was loaded from Postgres again during its step leaves `done`.
 */
const TRANSITIONS: Record<Kind, readonly Kind[]> = {
  queued: ['throttled', 'chained'],
  throttled: ['throttled', 'acquiring', 'chained', 'done'],
  acquiring: ['throttled', 'claimed', 'settling', 'done'],
  chained: ['chained', 'throttled', 'claimed', 'settling', 'done'],
  claimed: ['claimed', 'reading', 'calling', 'settling', 'throttled'],
  reading: ['claimed', 'settling', 'throttled'],
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

/** @param loaded of an operation that was loaded from Postgres. */
export function laneEntry(
  operationId: string,
  appid: string,
  method: Method,
  record: ReceivedRecord | Owned,
  known: Partial<
    Pick<EntryProgress, 'isRetry'> & Pick<LaneEntry, 'api' | 'requestBytes'> & Pick<ClaimWait, 'dueSince'>
  > = {},
): LaneEntry {
  const received = 'value' in record ? (record.value?.length ?? 0) : 0;
  return {
    operationId,
    appid,
    method,
    api: known.api,
    partition: record.partition,
    records: [record],
    requestBytes: known.requestBytes ?? received,
    memory: {
      mayHaveEnded: 'mayBeRepeated' in record && record.mayBeRepeated,
      negativeReads: 0,
      mismatches: 0,
      unreadableReads: 0,
      rejectedToken: undefined,
    },
    state: {
      kind: 'queued',
      progress: { isRetry: known.isRetry === true },
      wait: newWait(known.dueSince),
    },
  };
}

function newWait(dueSince?: number, retryUntil?: number): ClaimWait {
  return { dueSince, retryUntil, forAppid: undefined, forApi: undefined, claim: undefined };
}

/** The state `throttled`, in which an entry waits for its claim or its next one. */
export function throttled({ state }: Entry): { kind: 'throttled'; progress: EntryProgress; wait: ClaimWait } {
  const { progress } = state;
  if ('wait' in state) return { kind: 'throttled', progress, wait: state.wait };
  const retryUntil = state.kind === 'settling' ? state.retryUntil : undefined;
  return { kind: 'throttled', progress, wait: newWait(undefined, retryUntil) };
}

/** The state `claimed`, in which its wait is over. */
export function claimedState({ state }: Entry, { answeredAt }: Claimed): EntryState {
  const { progress } = state;
  const { dueSince = answeredAt } = 'wait' in state ? state.wait : {};
  const { attemptedSince } = progress;
  const since = attemptedSince === undefined ? answeredAt : attemptedSince + answeredAt - dueSince;
  return { kind: 'claimed', progress: { ...progress, isRetry: true, attemptedSince: since } };
}

/** Claimed with the settlement of the entry before it: its lane must run it in any case. */
export function isChained(entry: Entry | undefined): boolean {
  return entry?.state.kind === 'chained';
}

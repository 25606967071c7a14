import type { Method } from '@wxa/contracts';
import type { Owned, ReceivedRecord } from '@wxa/kafka';
import type { Claim } from '@wxa/store';

/** What a claim came to, and when it was asked for and answered; by performance.now(). */
export interface Claimed {
  claim: Claim;
  leaseMs: number;
  requestedAt: number;
  answeredAt: number;
}

/** One operation in its lane, with the records that asked for it. */
export interface LaneEntry {
  readonly operationId: string;
  readonly appid: string;
  readonly method: Method;
  /** The partition of its command. */
  readonly partition: number;
  /**
   * What stands for it while it is in memory: the record of its command, more than one where that came again, or the
   * ownership of its partition, where it was loaded from Postgres.
   */
  readonly records: (ReceivedRecord | Owned)[];
  /** About how large its request is. */
  requestBytes: number;
  /** It was begun before: it goes before what is called for the first time. */
  isRetry: boolean;
  /** It was published before its partition was assigned: another process may have ended it. */
  mayHaveEnded: boolean;
  /** It came back from Postgres while it was in a step, or claimed. */
  loadedInStep: boolean;
  /** Since when it could have been claimed; undefined while it is claimed or its back-off lasts. By performance.now(). */
  dueSince: number | undefined;
  /** When it was claimed first, and how long it waited since then to be claimed again; by performance.now(). */
  firstClaimedAt: number | undefined;
  throttledMs: number;
  /** What it waits for its turn to do: a question that comes before its call, or the call itself. */
  next: 'read' | 'call' | undefined;
  /** When its mini-program's rate limit lets that go, and the place the platform's gave it; by performance.now(). */
  appidReservation: number | undefined;
  apiReservation: number | undefined;
  /** The question was answered; its call is yet to be sent. */
  readDone: boolean;
  /** How often WeChat said of an unconfirmed try that it was not done. */
  negativeReads: number;
  /** How often the question that comes first was answered in a way that can't be read. */
  unreadableReads: number;
  /** The key of its claim, kept until the claim is answered. */
  claimKey: string | undefined;
  /** How often it was claimed, whether answered or not. */
  claimNumber: number;
  /** It is being claimed together with the settlement of the one before; then its lane must run it in any case. */
  isClaiming: boolean;
  claimed: Claimed | undefined;
  /** The token that WeChat refused at the last try. */
  refusedToken: string | undefined;
  /** Set where its last try was turned away, until it may be made again: its deadline, by performance.now(). */
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
    requestBytes: 'value' in record ? (record.value?.length ?? 0) : 0,
    isRetry: false,
    mayHaveEnded: 'mayBeRepeated' in record && record.mayBeRepeated,
    loadedInStep: false,
    dueSince: undefined,
    firstClaimedAt: undefined,
    throttledMs: 0,
    next: undefined,
    appidReservation: undefined,
    apiReservation: undefined,
    readDone: false,
    negativeReads: 0,
    unreadableReads: 0,
    claimKey: undefined,
    claimNumber: 0,
    isClaiming: false,
    claimed: undefined,
    refusedToken: undefined,
    retryUntil: undefined,
  };
}

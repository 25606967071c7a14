import type { Method } from '@wxa/contracts';
import type { ReceivedRecord } from '@wxa/kafka';
import type { Claim } from '@wxa/store';

/** What a claim came to, and when it was asked for and answered; by performance.now(). */
export interface Claimed {
  claim: Claim;
  leaseMs: number;
  askedAt: number;
  answeredAt: number;
}

/** One operation in its lane, with the records that asked for it. */
export interface LaneEntry {
  readonly operationId: string;
  readonly appid: string;
  readonly method: Method;
  /** More than one where the record came again, as after a rebalance. */
  readonly records: ReceivedRecord[];
  /** When it came to the head of its lane; by performance.now(). */
  headSince: number | undefined;
  /** What it waits for its turn to do: a question that comes before its call, or the call itself. */
  next: 'question' | 'call' | undefined;
  /** When its mini-program's rate limit lets that go, and the place the platform's gave it; by performance.now(). */
  turn: number | undefined;
  place: number | undefined;
  /** The question was answered; its call is yet to be sent. */
  asked: boolean;
  /** How often WeChat said of an unconfirmed try that it was not done. */
  saidNotDone: number;
  /** How often the question that comes first was answered in a way that can't be read. */
  unread: number;
  /** The key of its claim, kept until the claim is answered. */
  claimKey: string | undefined;
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
  record: ReceivedRecord,
): LaneEntry {
  return {
    operationId,
    appid,
    method,
    records: [record],
    headSince: undefined,
    next: undefined,
    turn: undefined,
    place: undefined,
    asked: false,
    saidNotDone: 0,
    unread: 0,
    claimKey: undefined,
    isClaiming: false,
    claimed: undefined,
    refusedToken: undefined,
    retryUntil: undefined,
  };
}

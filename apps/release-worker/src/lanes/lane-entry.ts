import type { Method } from '@wxa/contracts';
import type { ReceivedRecord } from '@wxa/kafka';

/** One operation in its lane, with the records that asked for it. */
export interface LaneEntry {
  readonly operationId: string;
  readonly appid: string;
  readonly method: Method;
  /** More than one where the record came again, as after a rebalance. */
  readonly records: ReceivedRecord[];
  /** When it came to the head of its lane; by performance.now(). */
  headSince: number | undefined;
  /** It has passed its mini-program's rate limit. */
  paced: boolean;
  /** The place the platform's rate limit gave it; by performance.now(). */
  place: number | undefined;
  /** The same two of the question that comes before its call. */
  questionPaced: boolean;
  questionPlace: number | undefined;
  /** The key of its claim, kept until the claim is answered. */
  claimKey: string | undefined;
  /** The token that WeChat refused at the last try. */
  refusedToken: string | undefined;
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
    paced: false,
    place: undefined,
    questionPaced: false,
    questionPlace: undefined,
    claimKey: undefined,
    refusedToken: undefined,
  };
}

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
  /** How many of its two rate limits it has passed: its mini-program's, then the platform's. */
  paced: 0 | 1 | 2;
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
    paced: 0,
    claimKey: undefined,
    refusedToken: undefined,
  };
}

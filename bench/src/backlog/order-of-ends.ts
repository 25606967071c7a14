/** An operation as far as its order matters; times in epoch milliseconds. */
export interface Ordered {
  /** The order of acceptance. */
  seq: number;
  endedAt: number;
}

/** One that WeChat answered -1 first, and that has ended. */
export interface Retried extends Ordered {
  firstAnsweredAt: number;
}

/** How many operations that were accepted after it ended while it was tried again. */
export function overtakenBy({ seq, firstAnsweredAt, endedAt }: Retried, inOrderOfEnd: Ordered[]): number {
  let count = 0;
  for (let i = firstAfter(inOrderOfEnd, firstAnsweredAt); i < inOrderOfEnd.length; i += 1) {
    const other = inOrderOfEnd[i] as Ordered;
    if (other.endedAt >= endedAt) break;
    if (other.seq > seq) count += 1;
  }
  return count;
}

function firstAfter(inOrderOfEnd: Ordered[], at: number): number {
  let [low, high] = [0, inOrderOfEnd.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((inOrderOfEnd[middle] as Ordered).endedAt <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

import { appidOf } from '../load/appids.js';

let serial = 0;

/** Mini-programs that no rollout of this run has had. */
export function newAppids(count: number): string[] {
  serial += count;
  return Array.from({ length: count }, (_, i) => appidOf(serial - count + i));
}

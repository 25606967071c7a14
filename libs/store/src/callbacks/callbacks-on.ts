import { type Batches, bound, type Pools } from '@wxa/postgres';
import { addNames, listNames } from './callback-names.js';
import { countWaiting, type ReceivedCallback, recordCallbacks, recordCallbacksIn } from './record-events.js';

export type Callbacks = ReturnType<typeof callbacksOn>;

const MIB = 1024 * 1024;

/** The statements of callbacks that are published as events. Those about audits are in libs/audits. */
export function callbacksOn(shared: Batches, { calls, pushes, counts, lists }: Pools) {
  return {
    /** Batched; one batch at a time, so that callbacks about audits find a free connection. A batch costs as much as ten events. */
    record: shared.of('event', recordCallbacks.bind(undefined, pushes), {
      parallel: 1,
      minIntervalMs: 20,
      bytesOf: ({ event }: ReceivedCallback) => event.value.length,
      maxBytes: 64 * MIB,
      maxBatchBytes: 4 * MIB,
    }),
    recordIn: recordCallbacksIn,
    ...bound([counts], { countWaiting }),
    ...bound([calls], { addNames }),
    ...bound([lists], { names: listNames }),
  };
}

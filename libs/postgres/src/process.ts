import { type Bound, bound } from './bound.js';
import type { Pools } from './data-source.js';
import { readWorkers, removeInstance, reportInstance } from './instances.js';
import * as leases from './leases.js';
import { advanceOutbox, countQuarantined, type FindCommands, type Publisher, quarantine } from './outbox.js';
import type { OutboxFloor } from './outbox-floor.js';
import { repeated } from './server/repeated-statements.js';

export type Outbox = ReturnType<typeof outboxOn>;

/** The statements of the outbox. */
export function outboxOn(
  { batches, relay, counts }: Pools,
  publisher: Publisher & { floor: Pick<OutboxFloor, 'raise'> },
  findCommands: FindCommands,
) {
  return {
    ...bound([batches, publisher, findCommands], { advance: advanceOutbox }),
    ...bound([relay, publisher], { quarantine }),
    ...bound([counts, publisher], { quarantined: countQuarantined }),
    raiseFloor: () => publisher.floor.raise(),
  };
}

export type Instances = ReturnType<typeof instancesOn>;

/** The statements of the processes that run. */
export function instancesOn({ calls }: Pools) {
  return {
    ...bound([calls], { report: reportInstance, remove: removeInstance }),
    ...bound([repeated(calls)], { workers: readWorkers }),
  };
}

export type Leases = Bound<[Pools['relay']], typeof leases>;

/** The statements of leases. */
export const leasesOn = ({ relay }: Pools): Leases => bound([relay], leases);

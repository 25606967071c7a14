import type { Pools } from './data-source.js';
import { readWorkers, removeInstance, reportInstance } from './instances.js';
import { hold, listen, notify, releaseLease } from './leases.js';
import { type Author, advanceOutbox, countQuarantined, type FindCommands, quarantine } from './outbox.js';
import type { OutboxFloor } from './outbox-floor.js';
import { repeated } from './server/repeated-statements.js';
import { bound } from './statements.js';

export type Outbox = ReturnType<typeof outboxOn>;

/** The statements of the outbox. */
export function outboxOn(
  { batches, relay, counts }: Pools,
  author: Author & { floor: Pick<OutboxFloor, 'raise'> },
  findCommands: FindCommands,
) {
  return {
    ...bound([batches, author, findCommands], { advance: advanceOutbox }),
    ...bound([relay, author], { quarantine }),
    ...bound([counts, author], { quarantined: countQuarantined }),
    raiseFloor: () => author.floor.raise(),
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

export type Leases = ReturnType<typeof leasesOn>;

/** The statements of leases. */
export const leasesOn = ({ relay }: Pools) => bound([relay], { hold, listen, notify, release: releaseLease });

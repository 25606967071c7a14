import type { Deployment } from '../deployment/deployment.js';
import { RESTORED } from '../history.js';
import type { FaultBounds, Milestone, PlannedFault } from './schedule.js';

interface ProcessFault extends FaultBounds {
  /** Resolves with the names of the affected processes when they have been restarted, or when `over` is aborted. */
  inject(deployment: Deployment, target: number, ms: number, over: AbortSignal): Promise<string>;
}

/** The number of connections that are reset, so that new ones are made. */
const RESETS = 5;

type Role = 'gateways' | 'workers';

const ends = (role: Role, signal: NodeJS.Signals): ProcessFault => ({
  ms: [0, 2000],
  inject: ({ processes, [role]: apps }, target, ms) => processes.end(pick(apps, target), signal, ms),
});

const freezes = (role: Role, ms: FaultBounds['ms']): ProcessFault => ({
  ms,
  inject: ({ processes, [role]: apps }, target, stoppedMs, over) =>
    processes.freeze(pick(apps, target), stoppedMs, over),
});

const killsBroker = (ms: FaultBounds['ms']): ProcessFault => ({
  ms,
  inject: ({ processes, brokers }, target, downMs) => processes.end(pick(brokers, target), 'SIGKILL', downMs),
});

/** Faults of every deployment. A lease lasts 2 s, for a commit 5 s. */
const OF_ALL: Readonly<Record<string, ProcessFault>> = {
  'gateway killed': ends('gateways', 'SIGKILL'),
  'gateway terminated': ends('gateways', 'SIGTERM'),
  'gateway frozen': freezes('gateways', [500, 4000]),
  'worker killed': ends('workers', 'SIGKILL'),
  'worker terminated': ends('workers', 'SIGTERM'),
  'worker frozen': freezes('workers', [300, 1500]),
  'worker frozen for longer than its leases': freezes('workers', [5500, 8000]),
  // Longer than Kafka's session time-out as well: meanwhile another worker owns its mini-programs.
  'worker frozen while it connects': {
    ms: [11_000, 14_000],
    inject: ({ processes, workers, sim }, target, ms, over) => {
      const resets = () => sim.addFault({ kind: 'reset', times: RESETS });
      return processes.freezeConnecting(pick(workers, target), ms, over, resets);
    },
  },
  'all workers killed': {
    ms: [0, 1000],
    inject: async ({ processes, workers }, _, ms) => {
      const names = await Promise.all(workers.map((worker) => processes.end(worker, 'SIGKILL', ms)));
      return names.join(', ');
    },
  },
  'PostgreSQL shut down immediately': {
    ms: [0, 2000],
    // Immediate shutdown: connections are cut, and the next start recovers from the log.
    inject: ({ processes, postgres }, _, ms) => processes.end(postgres, 'SIGQUIT', ms),
  },
};

/** Faults of a run with `--recovery`, and their shares of its time. */
export const RECOVERIES = [
  { name: 'failover to a synchronous standby', share: 0.25 },
  { name: 'base backup taken', share: 0.45 },
  { name: RESTORED, share: 0.6 },
] as const satisfies Milestone[];

const RECOVERY: Readonly<Record<(typeof RECOVERIES)[number]['name'], ProcessFault['inject']>> = {
  'failover to a synchronous standby': ({ recovery }) => recovery.failOver(),
  'base backup taken': ({ recovery }) => recovery.backUp(),
  [RESTORED]: ({ recovery }) => recovery.restore(),
};

/** With three brokers, which stay up; the other faults continue meanwhile. */
export const ELECTIONS: Readonly<Record<string, FaultBounds>> = { 'leaders elected': { ms: [0, 0] } };

/** Faults of processes: of Kafka, the only broker is killed, or one of three. */
export function processFaults(brokers: 1 | 3): Readonly<Record<string, ProcessFault>> {
  return { ...OF_ALL, 'broker killed': killsBroker(brokers === 3 ? [2000, 15_000] : [0, 2000]) };
}

/**
 * Injects a fault. Resolves with the names of the affected processes when they have been restarted, or when
 * `over` is aborted.
 */
export function processFault(
  deployment: Deployment,
  { name, target, ms }: PlannedFault,
  over: AbortSignal,
): Promise<string> {
  const faults = processFaults(deployment.brokers.length === 3 ? 3 : 1);
  const inject = RECOVERY[name as keyof typeof RECOVERY] ?? faults[name]?.inject;
  if (inject === undefined) throw new Error(`unknown fault ${name}`);
  return inject(deployment, target, ms, over);
}

/** A process by index, modulo their number. */
function pick<Process>(processes: readonly Process[], target: number): Process {
  const found = processes[target % processes.length];
  if (found === undefined) throw new Error('the deployment has no such process');
  return found;
}

import type { Deployment } from '../deployment/deployment.js';
import type { FaultKind, PlannedFault } from './schedule.js';

interface ProcessFault extends FaultKind {
  /**
   * Resolves with the names of the affected processes when they have been restarted, or when `over` is aborted.
   */
  inject(deployment: Deployment, target: number, ms: number, over: AbortSignal): Promise<string>;
}

/** The number of connections that are reset, so that new ones are made. */
const RESETS = 5;

type Role = 'gateways' | 'workers';

const ends = (role: Role, signal: NodeJS.Signals): ProcessFault => ({
  ms: [0, 2000],
  inject: (deployment, target, ms) => deployment.one(role, target).end(signal, ms),
});

const freezes = (role: Role, ms: FaultKind['ms']): ProcessFault => ({
  ms,
  inject: (deployment, target, stoppedMs, over) => deployment.one(role, target).freeze(stoppedMs, over),
});

/** Faults of gateways and workers in every deployment. A lease lasts 2 s, for a commit 5 s. */
const OF_APPS: Readonly<Record<string, ProcessFault>> = {
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
    inject: (deployment, target, ms, over) => {
      const resets = () => deployment.sim.addFault({ kind: 'reset', times: RESETS });
      return deployment.one('workers', target).freezeConnecting(ms, over, resets);
    },
  },
  'all workers killed': {
    ms: [0, 1000],
    inject: async ({ workers }, _, ms) => {
      const names = await Promise.all(workers.map((worker) => worker.end('SIGKILL', ms)));
      return names.join(', ');
    },
  },
  'PostgreSQL shut down immediately': {
    ms: [0, 2000],
    inject: ({ postgres }, _, ms) => postgres.restart(ms),
  },
};

/** Faults of Kafka: the only broker is killed, or one of three. */
const OF_KAFKA: Readonly<Record<string, ProcessFault>> = {
  'broker killed': { ms: [0, 2000], inject: ({ brokers }, target, ms) => brokers.restart(target, ms) },
};
const OF_CLUSTER: Readonly<Record<string, ProcessFault>> = {
  'broker killed': { ms: [2000, 15_000], inject: ({ brokers }, target, ms) => brokers.restart(target, ms) },
};

/** With three brokers, which stay up; the other faults continue meanwhile. */
export const ELECTIONS: Readonly<Record<string, FaultKind>> = { 'leaders elected': { ms: [0, 0] } };

export function processFaults(brokers: 1 | 3): Readonly<Record<string, ProcessFault>> {
  return { ...OF_APPS, ...(brokers === 3 ? OF_CLUSTER : OF_KAFKA) };
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
  const fault = processFaults(deployment.brokers.count)[name];
  if (fault === undefined) throw new Error(`unknown fault ${name}`);
  return fault.inject(deployment, target, ms, over);
}

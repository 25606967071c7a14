import type { Deployment } from '../deployment/deployment.js';
import type { FaultKind, Planned } from './schedule.js';

interface ProcessFault extends FaultKind {
  /** Resolves, with the names of those it struck, when they are started again; sooner where `over` is aborted. */
  strike(deployment: Deployment, target: number, ms: number, over: AbortSignal): Promise<string>;
}

/** So many connections are broken, so that new ones are made. */
const RESETS = 5;

type Role = 'gateways' | 'workers';

const ends = (role: Role, signal: NodeJS.Signals): ProcessFault => ({
  ms: [0, 2000],
  strike: (deployment, target, ms) => deployment.one(role, target).end(signal, ms),
});

const stops = (role: Role, ms: FaultKind['ms']): ProcessFault => ({
  ms,
  strike: (deployment, target, stoppedMs, over) => deployment.one(role, target).freeze(stoppedMs, over),
});

/** What happens to gateways and workers in every deployment. A claim holds for 2 s, a commit's for 5 s. */
const OF_APPS: Readonly<Record<string, ProcessFault>> = {
  'gateway killed': ends('gateways', 'SIGKILL'),
  'gateway told to stop': ends('gateways', 'SIGTERM'),
  'gateway frozen': stops('gateways', [500, 4000]),
  'worker killed': ends('workers', 'SIGKILL'),
  'worker told to stop': ends('workers', 'SIGTERM'),
  'worker frozen': stops('workers', [300, 1500]),
  'worker frozen for longer than its claims': stops('workers', [5500, 8000]),
  // Longer than Kafka waits for it too: meanwhile another worker has its mini-programs.
  'worker frozen while it connects': {
    ms: [11_000, 14_000],
    strike: (deployment, target, ms, over) => {
      const resets = () => deployment.sim.addFault({ kind: 'reset', times: RESETS });
      return deployment.one('workers', target).freezeConnecting(ms, over, resets);
    },
  },
  'all workers killed': {
    ms: [0, 1000],
    strike: async ({ workers }, _, ms) => {
      const names = await Promise.all(workers.map((worker) => worker.end('SIGKILL', ms)));
      return names.join(', ');
    },
  },
  'PostgreSQL ended at once': { ms: [0, 2000], strike: ({ postgres }, _, ms) => postgres.restart(ms) },
};

/** What happens to Kafka: the only broker is killed, or one of three. */
const OF_KAFKA: Readonly<Record<string, ProcessFault>> = {
  'broker killed': { ms: [0, 2000], strike: ({ brokers }, target, ms) => brokers.restart(target, ms) },
};
const OF_CLUSTER: Readonly<Record<string, ProcessFault>> = {
  'broker killed': { ms: [2000, 15_000], strike: ({ brokers }, target, ms) => brokers.restart(target, ms) },
};

/** Of three brokers, which stay up: meanwhile the other faults go on. */
export const ELECTIONS: Readonly<Record<string, FaultKind>> = { 'leaders elected': { ms: [0, 0] } };

export function processFaults(brokers: 1 | 3): Readonly<Record<string, ProcessFault>> {
  return { ...OF_APPS, ...(brokers === 3 ? OF_CLUSTER : OF_KAFKA) };
}

/** Strikes and resolves, with the names of those struck, when they are started again; sooner where `over` is aborted. */
export function processFault(
  deployment: Deployment,
  { name, target, ms }: Planned,
  over: AbortSignal,
): Promise<string> {
  const fault = processFaults(deployment.brokers.count)[name];
  if (fault === undefined) throw new Error(`no fault ${name}`);
  return fault.strike(deployment, target, ms, over);
}

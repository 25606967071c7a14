import { type KafkaSecurity, secureProperties } from './kafka-security.js';

export type Listen = {
  host: string;
  port: number;
  controllerPort: number;
  data: string;
  firstJoinDelayMs?: number | undefined;
  /** Without it anybody on this machine may connect. */
  security?: KafkaSecurity | undefined;
  further?: FurtherListeners | undefined;
};

/** Listeners beside that of the clients: the port of each by its name, and the properties that they need. */
export type FurtherListeners = { ports: Record<string, number>; properties: Record<string, string> };

/** One node of a cluster: its id, and the controller port of every node by id. */
export type Membership = { id: number; controllers: Readonly<Record<number, number>> };

/** Topics stay readable and writable while one node of three is down. */
const REPLICAS = 3;
const IN_SYNC = 2;

/**
 * `server.properties` of one node that is broker and controller. For a single node every replication factor is
 * 1; for a member of a cluster it is 3, and 2 replicas must have a write.
 */
export function serverProperties(listen: Listen, member?: Membership): string {
  const { host, port, controllerPort, data, security, further } = listen;
  const ports = {
    [security ? 'CLIENTS' : 'PLAINTEXT']: port,
    ...further?.ports,
    CONTROLLER: controllerPort,
  };
  const listeners = Object.entries(ports)
    .map(([name, number]) => `${name}://${host}:${number}`)
    .join(',');
  const replicas = member ? REPLICAS : 1;
  const inSync = member ? IN_SYNC : 1;
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': member?.id ?? 1,
    ...quorum(listen, member),
    'controller.listener.names': 'CONTROLLER',
    listeners,
    'advertised.listeners': listeners,
    ...(security && secureProperties(security)),
    ...further?.properties,
    'log.dirs': data,
    // A misspelt topic must be an error, not a new topic.
    'auto.create.topics.enable': false,
    // Otherwise the first join of every test waits 3 s.
    'group.initial.rebalance.delay.ms': listen.firstJoinDelayMs ?? 0,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'num.network.threads': 2,
    'num.io.threads': 4,
    // The default is 128 MB of a 512 MB heap.
    'log.cleaner.dedupe.buffer.size': 8_388_608,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** A single node may restart on another port; the members of a cluster keep theirs. */
function quorum({ host, controllerPort }: Listen, member: Membership | undefined): Record<string, string> {
  if (!member) return { 'controller.quorum.bootstrap.servers': `${host}:${controllerPort}` };
  const voters = Object.entries(member.controllers).map(([id, port]) => `${id}@${host}:${port}`);
  return { 'controller.quorum.voters': voters.join(',') };
}

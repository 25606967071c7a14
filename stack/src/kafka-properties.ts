export type Listen = { host: string; port: number; controllerPort: number; data: string };

/** `server.properties` of one node that is broker and controller: every replication factor is 1. */
export function serverProperties(listen: Listen): string {
  const { host, port, controllerPort, data } = listen;
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `${host}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    'log.dirs': data,
    // A misspelt topic must be an error, not a new topic.
    'auto.create.topics.enable': false,
    // Every test's first join would wait 3 s.
    'group.initial.rebalance.delay.ms': 0,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'num.network.threads': 2,
    'num.io.threads': 4,
    // 128 MB of a 512 MB heap otherwise.
    'log.cleaner.dedupe.buffer.size': 8_388_608,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

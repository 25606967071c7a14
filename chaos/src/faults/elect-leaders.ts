import { once } from 'node:events';
import { connect } from 'node:net';
import { TOPICS } from '@wxa/contracts';
import kafkajs from 'kafkajs';

// kafkajs does not have this request: https://kafka.apache.org/protocol#The_Messages_ElectLeaders
const ELECT_LEADERS = 43;
const VERSION = 1;
const PREFERRED = 0;
const ALL_PARTITIONS = -1;
const TIMEOUT_MS = 10_000;
const CLIENT = 'chaos';

/**
 * A planned leader election, as after a rolling restart: each partition gets another preferred leader, which is
 * then elected. All brokers stay up; a partition whose preferred replica is not in sync keeps its leader.
 */
export async function electLeaders(brokers: readonly string[]): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: Object.values(TOPICS) });
    const rotated = topics.map(({ name, partitions }) => ({
      topic: name,
      partitionAssignment: partitions.map(({ partitionId, replicas: [first, ...others] }) => ({
        partition: partitionId,
        replicas: first === undefined ? others : [...others, first],
      })),
    }));
    await admin.alterPartitionReassignments({ topics: rotated });
  } finally {
    await admin.disconnect();
  }
  for (const broker of brokers) if (await elect(broker).catch(() => false)) return;
  throw new Error('no broker accepted the leader election');
}

/** Whether the broker forwarded the request to the controller and the controller elected leaders. */
async function elect(broker: string): Promise<boolean> {
  const { hostname: host, port } = new URL(`kafka://${broker}`);
  const socket = connect({ host, port: Number(port), timeout: TIMEOUT_MS });
  socket.once('timeout', () => socket.destroy(new Error(`${broker} did not answer`)));
  try {
    await once(socket, 'connect');
    socket.write(request());
    const [answer] = (await once(socket, 'data')) as [Buffer];
    // Length, correlation id and throttle time precede the error code.
    return answer.readInt16BE(12) === 0;
  } finally {
    socket.destroy();
  }
}

function request(): Buffer {
  const client = Buffer.from(CLIENT);
  const head = Buffer.alloc(10);
  head.writeInt16BE(ELECT_LEADERS, 0);
  head.writeInt16BE(VERSION, 2);
  head.writeInt16BE(client.length, 8);
  const body = Buffer.alloc(9);
  body.writeInt8(PREFERRED, 0);
  body.writeInt32BE(ALL_PARTITIONS, 1);
  body.writeInt32BE(TIMEOUT_MS, 5);
  const length = Buffer.alloc(4);
  length.writeInt32BE(head.length + client.length + body.length);
  return Buffer.concat([length, head, client, body]);
}

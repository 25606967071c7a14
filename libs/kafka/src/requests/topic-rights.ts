import kafkajs, { type Kafka } from 'kafkajs';
import type Cluster from 'kafkajs/src/cluster/index.js';
import type { KafkaConnection } from '../connection.js';
import { asEncoder, ByteWriter } from './byte-writer.js';

const { READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS } = kafkajs.AclOperationTypes;
/** The bits of the operations in Kafka's answer. */
const BITS = {
  ...{ Read: READ, Write: WRITE, Create: CREATE, Delete: DELETE, Alter: ALTER },
  ...{ Describe: DESCRIBE, DescribeConfigs: DESCRIBE_CONFIGS },
};

/** An operation on a topic. */
export type TopicRight = keyof typeof BITS;

/** What the principal of a connection may do on a topic. */
export interface TopicRights {
  topic: string;
  /** Kafka says that there is no such topic. */
  isMissing: boolean;
  /** Without Describe it has none. */
  rights: ReadonlySet<TopicRight>;
}

const METADATA = 3;
/** The first version with rights, of Kafka 2.3; kafkajs 2.2.4 knows the sixth. */
const VERSION = 8;
const UNKNOWN_TOPIC = 3;

/** Asks Kafka what the principal of a connection may do on topics. Kafka without access control permits all. */
export async function readTopicRights({ kafka }: KafkaConnection, topics: string[]): Promise<TopicRights[]> {
  const cluster = clusterOf(kafka);
  await cluster.connect();
  try {
    const { connectionPool } = await cluster.brokerPool.findConnectedBroker();
    const call = {
      request: {
        ...{ apiKey: METADATA, apiVersion: VERSION, apiName: 'Metadata' },
        encode: async () => asEncoder(encodeRequest(topics)),
      },
      response: {
        decode: async (bytes: Buffer) => decodeRights(bytes),
        parse: async (rights: TopicRights[]) => rights,
      },
    };
    return (await connectionPool.send(call)) as TopicRights[];
  } finally {
    await cluster.disconnect();
  }
}

/** A connection of its own, as kafkajs makes it for an admin, which has no such request. */
function clusterOf(kafka: Kafka): Cluster {
  const [create] = Object.getOwnPropertySymbols(kafka).filter(({ description = '' }) =>
    description.endsWith(':createCluster'),
  );
  if (create === undefined) throw new Error('kafkajs has changed');
  return (kafka as unknown as Record<symbol, (options: object) => Cluster>)[create]?.({}) as Cluster;
}

/** The body of a Metadata request, version 8. Source: https://kafka.apache.org/protocol#The_Messages_Metadata */
function encodeRequest(topics: string[]): Buffer {
  const out = new ByteWriter();
  out.int32(topics.length);
  for (const topic of topics) out.string(topic);
  out.int8(0); // topics are not created
  out.int8(0); // without the rights on the cluster
  out.int8(1); // with those on topics
  return out.bytes();
}

/** Reads the topics of a Metadata response, version 8. */
function decodeRights(bytes: Buffer): TopicRights[] {
  const NUMBER = 4;
  let at = NUMBER; // the throttle time
  const int32 = () => {
    at += NUMBER;
    return bytes.readInt32BE(at - NUMBER);
  };
  const text = () => {
    const size = Math.max(0, bytes.readInt16BE(at));
    at += 2 + size;
    return bytes.toString('utf8', at - size, at);
  };
  const skipNumbers = () => {
    const count = int32();
    at += count * NUMBER;
  };
  for (let brokers = int32(); brokers > 0; brokers -= 1) {
    at += NUMBER; // id
    text(); // host
    at += NUMBER; // port
    text(); // rack
  }
  text(); // id of the cluster
  at += NUMBER; // controller
  return Array.from({ length: int32() }, () => {
    const error = bytes.readInt16BE(at);
    at += 2;
    const topic = text();
    at += 1; // whether it is internal
    for (let partitions = int32(); partitions > 0; partitions -= 1) {
      at += 2 + 3 * NUMBER; // error, partition, leader, epoch
      for (let lists = 0; lists < 3; lists += 1) skipNumbers(); // replicas, in sync, offline
    }
    const bits = int32();
    const isGranted = ([, bit]: [string, number]) => error === 0 && (bits & (1 << bit)) !== 0;
    const granted = Object.entries(BITS).filter(isGranted);
    const rights = new Set(granted.map(([name]) => name as TopicRight));
    return { topic, isMissing: error === UNKNOWN_TOPIC, rights };
  });
}

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, type Kafka, type Membership, startKafka } from '@wxa/stack';
import { electLeaders } from './elect-leaders.js';

interface Node {
  options: { dataDir: string; logFile: string; port: number; member?: Membership };
  kafka: Kafka;
}

/** Kafka: one broker or a cluster of three. Each can be killed and restarts with its data. */
export class Brokers {
  private constructor(
    readonly count: 1 | 3,
    private readonly nodes: Node[],
  ) {}

  static async start(count: 1 | 3, folder: string, signal: AbortSignal): Promise<Brokers> {
    const ids = Array.from({ length: count }, (_, n) => n + 1);
    const controllers = Object.fromEntries(
      await Promise.all(ids.map(async (id) => [id, await freePort()] as const)),
    );
    const starting = ids.map(async (id) => {
      const place = {
        dataDir: join(folder, `kafka-${id}`),
        logFile: join(folder, 'logs', `kafka-${id}.log`),
      };
      const member = count === 1 ? {} : { member: { id, controllers } };
      const options = { ...place, ...member, port: await freePort() };
      return { options, kafka: await startKafka({ ...options, signal }) };
    });
    try {
      return new Brokers(count, await Promise.all(starting));
    } catch (error) {
      await stopAll(starting);
      throw error;
    }
  }

  /** `host:port` of each broker, separated by commas. */
  get addresses(): string {
    return this.nodes.map(({ kafka }) => kafka.brokers).join(',');
  }

  /** Kills a broker with SIGKILL and restarts it after `downMs`; resolves when it is back. */
  async restart(target: number, downMs: number): Promise<string> {
    const node = this.nodes[target % this.nodes.length];
    if (node === undefined) throw new Error('no broker');
    process.kill(node.kafka.pid, 'SIGKILL');
    await node.kafka.exited;
    await delay(downMs);
    node.kafka = await startKafka(node.options);
    return node.kafka.brokers;
  }

  /** Moves the leadership of every partition to another broker; all stay up. */
  async electLeaders(): Promise<string> {
    await electLeaders(this.nodes.map(({ kafka }) => kafka.brokers));
    return 'Kafka';
  }

  async stop(): Promise<void> {
    // Its data is deleted with the folder.
    for (const { kafka } of this.nodes) kill(kafka);
    await Promise.all(this.nodes.map(({ kafka }) => kafka.stop()));
  }
}

async function stopAll(starting: Promise<Node>[]): Promise<void> {
  for (const started of await Promise.allSettled(starting)) {
    if (started.status === 'fulfilled') await started.value.kafka.stop();
  }
}

function kill({ pid }: Kafka): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has exited already.
  }
}

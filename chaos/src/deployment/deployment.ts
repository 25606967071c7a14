import { join } from 'node:path';
import {
  type Addresses,
  type App,
  generatePlatform,
  type Stack,
  startStack,
  temporaryFolder,
} from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import { Brokers } from './brokers.js';
import { Database } from './database.js';
import { SUSPENDS_ON_SIGUSR2 } from './frozen-connection.js';
import { KeptApp } from './kept-app.js';

/** Short leases and pauses, so that much happens in a minute. */
const SETTINGS = {
  WECHAT_TIMEOUT_MS: '1500',
  OPERATION_LEASE_MARGIN_MS: '500',
  AUDIT_POLL_AFTER_MS: '4000',
  AUDIT_POLL_INTERVAL_MS: '3000',
  KAFKA_TOPIC_PARTITIONS: '6',
  SIM_LATENCY_MS: '10',
  SIM_PUSH_TIMEOUT_MS: '2000',
  SIM_PUSH_RETRY_MS: '500',
  SIM_UNDO_PER_DAY: '1000000',
  SIM_UNDO_PER_MONTH: '1000000',
  NODE_OPTIONS: SUSPENDS_ON_SIGUSR2,
};

/** As in production; and shorter than a fleet waits, but longer than a fault of WeChat's goes on. */
const DEADLINE_MS = { usual: 600_000, ofFleet: 45_000 };

/** In the folder of a deployment: the logs of apps, and of PostgreSQL and Kafka. */
export const LOG_FOLDERS = ['apps', 'logs'] as const;

export interface DeploymentOptions {
  brokers: 1 | 3;
  /** Calls a second to one API; undefined: there is no limit. */
  perSecond: number | undefined;
  signal: AbortSignal;
  /** Hears of what nobody asked for, such as an app that ends by itself. */
  tell(what: string, name: string): void;
}

/** A whole deployment whose every part can be broken: two gateways, two workers, Kafka, PostgreSQL, a simulator. */
export class Deployment {
  readonly sim: SimControl;
  readonly gateways: KeptApp[];
  readonly workers: KeptApp[];

  private constructor(
    private readonly stack: Stack,
    readonly brokers: Brokers,
    readonly postgres: Database,
    /** Where logs are; removed when it stops. */
    readonly folder: { path: string; release(): Promise<void> },
    /** What its apps were given; secrets among it. */
    readonly platform: Record<string, string>,
    tell: DeploymentOptions['tell'],
  ) {
    const kept = (app: App) => new KeptApp(app, tell);
    this.gateways = stack.gateways.map(kept);
    this.workers = stack.workers.map(kept);
    this.sim = new SimControl(stack.addresses.wechat);
  }

  static async start({ brokers: count, perSecond, signal, tell }: DeploymentOptions): Promise<Deployment> {
    const folder = await temporaryFolder('chaos');
    const platform = generatePlatform();
    const servers = [Brokers.start(count, folder.path, signal), Database.start(folder.path, signal)] as const;
    try {
      const [brokers, postgres] = await Promise.all(servers);
      const stack = await startStack({
        gateways: 2,
        workers: 2,
        postgresUrl: postgres.url,
        kafkaBrokers: brokers.addresses,
        env: { ...SETTINGS, ...limits(perSecond), ...platform, KAFKA_REPLICATION_FACTOR: String(count) },
        logDir: join(folder.path, 'apps'),
        signal,
      });
      return new Deployment(stack, brokers, postgres, folder, platform, tell);
    } catch (error) {
      for (const server of await Promise.allSettled(servers)) {
        if (server.status === 'fulfilled') await server.value.stop();
      }
      await folder.release();
      throw error;
    }
  }

  get addresses(): Addresses {
    return this.stack.addresses;
  }

  /** One gateway or worker, counted round. */
  one(role: 'gateways' | 'workers', target: number): KeptApp {
    const app = this[role][target % this[role].length];
    if (app === undefined) throw new Error(`there are no ${role}`);
    return app;
  }

  /** Resolves when every gateway and worker is ready. */
  async ready(): Promise<void> {
    await Promise.all([...this.gateways, ...this.workers].map((app) => app.ready()));
  }

  async stop(): Promise<void> {
    for (const app of [...this.gateways, ...this.workers]) app.close();
    await this.stack.stop();
    await Promise.all([this.brokers.stop(), this.postgres.stop()]);
    await this.folder.release();
  }
}

/** How long an operation is retried, in milliseconds. */
export function deadlineMs(perSecond: number | undefined): number {
  return perSecond === undefined ? DEADLINE_MS.usual : DEADLINE_MS.ofFleet;
}

function limits(perSecond: number | undefined): Record<string, string> {
  const deadline = { OPERATION_DEADLINE_MS: String(deadlineMs(perSecond)) };
  if (perSecond === undefined) return deadline;
  // All open audits together are to be asked about more slowly than the limit allows.
  return { ...deadline, WECHAT_RATE_PER_API: String(perSecond), AUDIT_POLL_INTERVAL_MS: '20000' };
}

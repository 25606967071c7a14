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
import { RestartedApp } from './restarted-app.js';

/** Short leases and intervals, so that much happens in a minute. */
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

/**
 * The usual one as in production. With a fleet it is shorter than operations wait, but longer than any fault of
 * WeChat.
 */
const DEADLINE_MS = { usual: 600_000, ofFleet: 45_000 };

/** The log folders of a deployment: of the apps, and of PostgreSQL and Kafka. */
export const LOG_FOLDERS = ['apps', 'logs'] as const;

export interface DeploymentOptions {
  brokers: 1 | 3;
  /** The rate limit of one API in calls per second; undefined: none. */
  perSecond: number | undefined;
  signal: AbortSignal;
  /** Called for events that are not faults of the schedule, such as an app that exits by itself. */
  report(what: string, name: string): void;
}

/** A deployment in which every part can fail: two gateways, two workers, Kafka, PostgreSQL, the simulator. */
export class Deployment {
  readonly sim: SimControl;
  readonly gateways: RestartedApp[];
  readonly workers: RestartedApp[];

  private constructor(
    private readonly stack: Stack,
    readonly brokers: Brokers,
    readonly postgres: Database,
    /** The folder with the logs; deleted at stop. */
    readonly folder: { path: string; release(): Promise<void> },
    /** The apps' credentials, secrets included. */
    readonly platform: Record<string, string>,
    report: DeploymentOptions['report'],
  ) {
    const restarted = (app: App) => new RestartedApp(app, report);
    this.gateways = stack.gateways.map(restarted);
    this.workers = stack.workers.map(restarted);
    this.sim = new SimControl(stack.addresses.wechat);
  }

  static async start({ brokers: count, perSecond, signal, report }: DeploymentOptions): Promise<Deployment> {
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
      return new Deployment(stack, brokers, postgres, folder, platform, report);
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

  /** A gateway or worker by index, modulo their number. */
  one(role: 'gateways' | 'workers', target: number): RestartedApp {
    const app = this[role][target % this[role].length];
    if (app === undefined) throw new Error(`no ${role}`);
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
  // All open audits together must be polled more slowly than the limit allows.
  return { ...deadline, WECHAT_RATE_PER_API: String(perSecond), AUDIT_POLL_INTERVAL_MS: '20000' };
}

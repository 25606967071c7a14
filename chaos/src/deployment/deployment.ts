import { join } from 'node:path';
import {
  type Addresses,
  type App,
  type Folder,
  generatePlatform,
  type ServerProcess,
  type Stack,
  startStack,
  temporaryFolder,
} from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import { DatabaseRecovery } from './database-recovery.js';
import { SUSPENDS_ON_SIGUSR2 } from './frozen-connection.js';
import { Processes } from './processes.js';

/** Short leases and intervals, so that much happens in a minute. */
const SETTINGS = {
  WECHAT_TIMEOUT_MS: '1500',
  OPERATION_LEASE_MARGIN_MS: '500',
  AUDIT_POLL_AFTER_MS: '4000',
  AUDIT_POLL_INTERVAL_MS: '3000',
  ROLLOUT_PRIVACY_WAIT_MS: '200',
  ROLLOUT_VERIFY_DELAYS_MS: '100,1000,5000,15000',
  KAFKA_TOPIC_PARTITIONS: '6',
  SIM_LATENCY_MS: '10',
  SIM_PUSH_TIMEOUT_MS: '2000',
  SIM_PUSH_RETRY_MS: '500',
  SIM_UNDO_PER_DAY: '1000000',
  SIM_UNDO_PER_MONTH: '1000000',
  NODE_OPTIONS: SUSPENDS_ON_SIGUSR2,
};

/** The usual one as in production. With a fleet it is shorter than operations wait, but longer than any fault of WeChat. */
const DEADLINE_MS = { usual: 600_000, ofFleet: 45_000 };

export interface DeploymentOptions {
  brokers: 1 | 3;
  /** The path of a built checkout of another version, which one gateway and one worker run. */
  otherVersion: string | undefined;
  /** The rate limit of one API in calls per second; undefined: none. */
  perSecond: number | undefined;
  signal: AbortSignal;
  /** Called for events that are not faults of the schedule, such as an app that exits by itself. */
  report(what: string, name: string): void;
}

/** A deployment in which every part can fail: two gateways, two workers, Kafka, PostgreSQL, the simulator. */
export class Deployment {
  readonly sim: SimControl;
  readonly addresses: Addresses;
  readonly gateways: App[];
  readonly workers: App[];
  readonly postgres: ServerProcess;
  readonly brokers: readonly ServerProcess[];
  readonly recovery: DatabaseRecovery;

  private constructor(
    private readonly stack: Stack,
    readonly processes: Processes,
    private readonly folder: Folder,
    /** The path of the logs, which are deleted at stop. */
    readonly logs: string,
    /** The apps' credentials, secrets included. */
    readonly platform: Record<string, string>,
  ) {
    this.addresses = stack.addresses;
    this.gateways = stack.gateways;
    this.workers = stack.workers;
    this.postgres = one(stack.servers, 'PostgreSQL');
    this.brokers = stack.servers.filter((server) => server !== this.postgres);
    this.sim = new SimControl(stack.addresses.wechat);
    const { workers, postgres, addresses } = this;
    this.recovery = new DatabaseRecovery({ processes, workers, postgres, addresses, folder: folder.path });
  }

  static async start(options: DeploymentOptions): Promise<Deployment> {
    const { brokers, otherVersion, perSecond, signal, report } = options;
    const folder = await temporaryFolder('chaos');
    const logs = join(folder.path, 'logs');
    const platform = generatePlatform();
    const processes = new Processes(report, signal);
    try {
      const stack = await startStack({
        gateways: 2,
        workers: 2,
        brokers,
        otherVersion,
        env: { ...SETTINGS, ...limits(perSecond), ...platform, KAFKA_REPLICATION_FACTOR: String(brokers) },
        logDir: logs,
        restart: processes.restartPause,
        signal,
      });
      return new Deployment(stack, processes, folder, logs, platform);
    } catch (error) {
      await folder.release();
      throw error;
    }
  }

  /** Resolves when every gateway and worker is ready. */
  ready(): Promise<void> {
    return this.processes.ready([...this.gateways, ...this.workers]);
  }

  /** Ends the gateway and the worker of the other version. Those of this one are left, and are ready. */
  async finishUpgrade(): Promise<void> {
    const old = [...this.gateways.splice(-1), ...this.workers.splice(-1)];
    await Promise.all(old.map((app) => this.processes.retire(app)));
    await this.ready();
  }

  async stop(): Promise<void> {
    this.processes.close();
    await this.stack.stop();
    await this.folder.release();
  }
}

function one(servers: readonly ServerProcess[], name: string): ServerProcess {
  const found = servers.find((server) => server.name === name);
  if (found === undefined) throw new Error(`the stack has no ${name}`);
  return found;
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

import { type Logger, queryFailure } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { Config } from '../config.js';
import { WorkersBehind } from '../schedule/workers-behind.js';
import { AuditQuotaReader } from './audit-quota-reader.js';
import { Conductor, reportFailure, reportTurn } from './conductor.js';

interface Base {
  store: Store;
  config: Config;
  logger: Logger;
}

/** The parts of a worker that accept operations of its own: the conductor and the reader of the audit quota. */
export class RolloutParts {
  readonly conductor: Conductor;
  readonly quota: AuditQuotaReader;
  readonly #behind: WorkersBehind;

  /** @param notify the relay, because both write events or commands. */
  constructor(
    private readonly base: Base,
    notify: () => void,
  ) {
    const { store, logger } = base;
    const onFailure = (error: unknown) => logger.warn(queryFailure(error), 'postgres query failed');
    this.#behind = new WorkersBehind(store.instances, onFailure);
    this.conductor = buildConductor(base, notify, () => this.mayAccept);
    this.quota = buildQuotaReader(base, notify, () => !this.#behind.isAny);
  }

  /** Whether every running worker knows the methods of this one, and Postgres is verified. */
  get mayAccept(): boolean {
    return this.base.store.history.isVerified && !this.#behind.isAny;
  }

  start(): void {
    this.#behind.start();
    this.conductor.start();
    this.quota.start();
  }

  async stop(): Promise<void> {
    this.#behind.stop();
    await Promise.all([this.conductor.stop(), this.quota.stop()]);
  }
}

function buildConductor(
  { store, config, logger }: Base,
  notify: () => void,
  mayRun: () => boolean,
): Conductor {
  return new Conductor(store, {
    waits: {
      privacyWaitMs: config.ROLLOUT_PRIVACY_WAIT_MS,
      verifyDelaysMs: config.ROLLOUT_VERIFY_DELAYS_MS,
    },
    platform: config.WECHAT_COMPONENT_APPID ?? '',
    checksAuthorization: config.WECHAT_TOKEN_SOURCE === 'component',
    mayRun,
    onTurn: (report, seconds) => {
      notify();
      reportTurn(logger, report, seconds);
    },
    onFailure: (error, rollout) => reportFailure(logger, error, rollout),
  });
}

function buildQuotaReader(
  { store, config, logger }: Base,
  notify: () => void,
  mayAsk: () => boolean,
): AuditQuotaReader {
  return new AuditQuotaReader(store, {
    platform: config.WECHAT_COMPONENT_APPID ?? '',
    knowsAuthorizers: config.WECHAT_TOKEN_SOURCE === 'component',
    mayAsk,
    onAsked: notify,
    onFailure: (error) => logger.warn({ error: String(error) }, 'audit quota not read'),
  });
}

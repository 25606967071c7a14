import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import { AuditQuotaReader } from '../audit-quota/audit-quota-reader.js';
import type { Config } from '../config.js';
import { Conductor } from './conductor.js';
import { reportFailure, reportTurn } from './rollout-report.js';

interface Base {
  store: Store;
  config: Config;
  logger: Logger;
}

/** The parts of a worker that run rollouts: the conductor and the reader of the audit quota. */
export class RolloutParts {
  readonly #conductor: Conductor;
  readonly #quota: AuditQuotaReader;

  /** @param notify the relay, because both write events or commands. */
  constructor(base: Base, notify: () => void) {
    this.#conductor = buildConductor(base, notify);
    this.#quota = buildQuotaReader(base, notify);
  }

  start(): void {
    this.#conductor.start();
    this.#quota.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#conductor.stop(), this.#quota.stop()]);
  }

  /** Looks at what this worker has just settled. The request_ids of a rollout's operations begin with `rollout-`. */
  onSettled({ method, requestId }: { method: string; requestId: string }): void {
    if (requestId.startsWith('rollout-')) this.#conductor.wakeUp();
    if (method === 'GetAuditQuota') this.#quota.wakeUp();
  }
}

function buildConductor({ store, config, logger }: Base, notify: () => void): Conductor {
  return new Conductor(store, {
    waits: {
      privacyWaitMs: config.ROLLOUT_PRIVACY_WAIT_MS,
      verifyDelaysMs: config.ROLLOUT_VERIFY_DELAYS_MS,
    },
    platform: config.WECHAT_COMPONENT_APPID ?? '',
    checksAuthorization: config.WECHAT_TOKEN_SOURCE === 'component',
    mayRun: () => store.history.isVerified,
    onTurn: (report, seconds) => {
      notify();
      reportTurn(logger, report, seconds);
    },
    onFailure: (error, rollout) => reportFailure(logger, error, rollout),
  });
}

function buildQuotaReader({ store, config, logger }: Base, notify: () => void): AuditQuotaReader {
  return new AuditQuotaReader(store, {
    platform: config.WECHAT_COMPONENT_APPID ?? '',
    knowsAuthorizers: config.WECHAT_TOKEN_SOURCE === 'component',
    onAsked: notify,
    onFailure: (error) => logger.warn({ error: String(error) }, 'audit quota not read'),
  });
}

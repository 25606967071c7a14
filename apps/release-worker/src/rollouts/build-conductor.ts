import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import type { Config } from '../config.js';
import { Conductor } from './conductor.js';
import { reportFailure, reportTurn } from './rollout-report.js';

export type { Conductor };

/** Whether an operation may be a step of a rollout: request_ids of rollouts begin like this. */
export const isOfRollout = ({ requestId }: { requestId: string }): boolean =>
  requestId.startsWith('rollout-');

/** The conductor of a worker. @param notify the relay, because turns write events and commands. */
export function buildConductor(
  { store, config, logger }: { store: Store; config: Config; logger: Logger },
  notify: () => void,
): Conductor {
  return new Conductor(store, {
    waits: {
      privacyWaitMs: config.ROLLOUT_PRIVACY_WAIT_MS,
      verifyDelaysMs: config.ROLLOUT_VERIFY_DELAYS_MS,
    },
    checksAuthorization: config.WECHAT_TOKEN_SOURCE === 'component',
    onTurn: (report, seconds) => {
      notify();
      reportTurn(logger, report, seconds);
    },
    onFailure: (error, rollout) => reportFailure(logger, error, rollout),
  });
}

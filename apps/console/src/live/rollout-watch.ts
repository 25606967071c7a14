import { SERVICES } from '@wxa/client';
import type {
  AuditQuotaSnapshot,
  Rollout,
  RolloutChange,
  RolloutFailure,
  RolloutTarget,
  WatchRolloutResponse,
} from '@wxa/contracts';
import type { Gateway, GatewayCalls } from '../gateway/gateway.js';
import type { LiveSource } from './live-feed.js';
import { Throttle } from './throttle.js';
import { keepStream } from './upstream.js';

const DETAILS_MS = 5_000;
const ACTION_MS = 1_000;
/** Entries of the journal beside the progress. */
export const SHOWN_CHANGES = 20;

/** Everything that the page of a rollout shows. */
export interface RolloutView {
  rollout: Rollout;
  /** The targets that moved last, newest first. */
  latest: readonly RolloutTarget[];
  failures: readonly RolloutFailure[];
  /** The newest entries of the journal, newest first. */
  changes: readonly RolloutChange[];
  quota: AuditQuotaSnapshot | undefined;
}

type Details = Pick<RolloutView, 'failures' | 'changes' | 'quota'>;

/**
 * A rollout as it is now. Rejects with a ServiceError.
 * @param user on whose behalf it is read.
 */
export async function readRollout(
  gateway: Gateway,
  user: string | undefined,
  id: string,
): Promise<RolloutView> {
  const [{ rollout, latest }, details] = await Promise.all([
    firstVersion(gateway, user, id),
    readDetails(gateway.as(user), id),
  ]);
  return { rollout: rollout as Rollout, latest, ...details };
}

/**
 * Each version of a rollout; failure groups, journal and quota are read again when it has changed, at most every 5 s, and
 * every second if the change is in the journal.
 */
export function watchRollout(gateway: Gateway, id: string): LiveSource<RolloutView> {
  return (on) => {
    const calls = gateway.as(undefined);
    let version: WatchRolloutResponse | undefined;
    let details: Details | undefined;
    let hasEnded = false;
    const show = () => {
      const rollout = version?.rollout;
      if (rollout && details) on.view({ rollout, latest: version?.latest ?? [], ...details });
    };
    const reads = new Throttle(DETAILS_MS, () => {
      readDetails(calls, id).then(
        (read) => {
          details = read;
          show();
          if (hasEnded) on.ended();
        },
        () => reads.request(),
      );
    });
    const end = keepStream(() => openStream(gateway, id), {
      message(message) {
        const isOfJournal = isAction(version?.rollout, message.rollout);
        version = message;
        show();
        reads.request(isOfJournal ? ACTION_MS : DETAILS_MS);
      },
      stale: on.stale,
      ended() {
        hasEnded = true;
        if (version === undefined) on.ended();
        else reads.request();
      },
    });
    return () => {
      end();
      reads.stop();
    };
  };
}

/** Whether more than the progress of targets has changed: an action, a gate or a hold. */
function isAction(before: Rollout | undefined, after: Rollout | undefined): boolean {
  const progress = (rollout?: Rollout) => JSON.stringify(rollout?.counts);
  const rest = (rollout?: Rollout) =>
    JSON.stringify([
      rollout?.state,
      rollout?.waves.map(({ submitOpenTime, releaseOpenTime }) => [submitOpenTime, releaseOpenTime]),
    ]);
  return progress(before) === progress(after) || rest(before) !== rest(after);
}

function openStream(gateway: Gateway, id: string) {
  return gateway.stream(SERVICES.rollouts.watchRollout, { id });
}

/** GetRollout does not have the targets that moved last. */
function firstVersion(gateway: Gateway, user: string | undefined, id: string): Promise<WatchRolloutResponse> {
  return new Promise((resolve, reject) => {
    const stream = gateway.stream(SERVICES.rollouts.watchRollout, { id }, { user, isShort: true });
    stream.on('error', reject);
    stream.once('data', (version: WatchRolloutResponse) => {
      resolve(version);
      stream.cancel();
    });
  });
}

async function readDetails({ rollouts, platform }: GatewayCalls, id: string): Promise<Details> {
  const [{ failures }, { changes }, { auditQuota }] = await Promise.all([
    rollouts.listRolloutFailures({ id }),
    rollouts.listRolloutChanges({ id, pageSize: SHOWN_CHANGES }),
    platform.getPlatformStatus({}),
  ]);
  return { failures, changes, quota: auditQuota };
}

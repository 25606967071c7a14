import { readApiLimits, stopWithin } from '@wxa/limits';
import type { Actor, RecordEntry } from '@wxa/postgres/trail';
import { storeEdit } from '@wxa/rollouts/calls';
import type { StoredRollout } from '@wxa/rollouts/core';
import type { ClientBase } from 'pg';
import type { Stopped } from '../session/report.js';

/** The reason of the stops; where one replaces another operator's, the reason has that one too. */
const RESTORE = 'restore';
const REPLACING = `${RESTORE}; before: `;
/** Only a lift ends them. */
const NEVER = new Date('9999-12-31T00:00:00Z');

/** What is to be stopped. */
export interface Stopping {
  /** The APIs of all changes. */
  apis: string[];
  by: Actor;
  /** Why rollouts are paused. */
  reason: string;
}

/**
 * Pauses all rollouts that are RUNNING and stops the APIs of all changes until an operator lifts that: whatever operators have
 * stopped in the lost time is forgotten, and nothing on Kafka has it all.
 */
export async function stopChanges(
  client: ClientBase,
  record: RecordEntry,
  { apis, by, reason }: Stopping,
): Promise<Stopped> {
  const running = await client.query<Pick<StoredRollout, 'id' | 'lastSeq' | 'state'>>(
    `select id, last_seq as "lastSeq", state from rollouts where state = 'RUNNING' order by id for update`,
  );
  for (const rollout of running.rows) {
    const set = { state: 'PAUSED', pauseCause: 'REQUESTED', pauseDetail: reason } as const;
    await storeEdit(client, rollout, { set, entries: [{ type: 'PAUSED' }] }, { by, reason });
    await record({ action: 'rollout.paused', detail: { rollout_id: rollout.id, reason } });
  }
  const replaced = await operatorStops(client, apis);
  const reasons = new Map(replaced.map((stop) => [stop.api, reasonOf(stop)]));
  for (const api of apis.toSorted())
    await stopWithin(client, record, by, {
      ...{ apis: [api], until: NEVER },
      reason: reasons.get(api) ?? RESTORE,
    });
  return {
    rollouts: running.rows.map(({ id }) => id),
    replaced: replaced.filter((stop) => !isOfRestore(stop)),
  };
}

async function operatorStops(client: ClientBase, apis: string[]): Promise<Stopped['replaced']> {
  const limits = await readApiLimits(client, 0);
  return limits.flatMap(({ api, stop }) =>
    stop?.operator && apis.includes(api) ? [{ api, until: stop.until, ...stop.operator }] : [],
  );
}

/** The stop of an earlier restore stays as it is. */
function reasonOf(stop: Stopped['replaced'][number]): string {
  const { until, by, reason } = stop;
  return isOfRestore(stop) ? reason : `${REPLACING}${by}, until ${until.toISOString()}: ${reason}`;
}

const isOfRestore = ({ reason }: { reason: string }) => reason === RESTORE || reason.startsWith(REPLACING);

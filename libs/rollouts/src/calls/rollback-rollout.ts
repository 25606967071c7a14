import { type OnRecorded, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { StoredRollout } from '../core/rollout.js';
import { STEP_NUMBERS } from '../core/target.js';
import { writeJournal } from '../rows/journal.js';
import { readRollout } from '../rows/stored-rollout.js';
import { lockRollout, type RolloutActor, type RolloutEdit, storeEdit } from './change-rollout.js';
import { type CreatedRollout, findEarlierRollout, found } from './create-rollout.js';

/** The second rollout, which takes back what the first one did. */
export interface NewRollback {
  requestId: string;
  requestHash: Buffer;
  /** Proto3 JSON of RolloutSpec, from the first rollout. Throws to refuse the call. */
  specOf(first: StoredRollout): unknown;
  /** Starts the second rollout and changes the first. Throws to refuse the call, returns undefined to leave a draft. */
  start?(first: StoredRollout, second: StoredRollout, client: ClientBase): Promise<RollbackEdits | undefined>;
}

export interface RollbackEdits {
  first: Pick<RolloutEdit, 'set' | 'entries'>;
  second: RolloutEdit;
}

const INSERT = `
with begun as materialized (
  select appid, row_number() over (order by position)::int as position from rollout_targets t
  where rollout_id = $7 and (holds_appid or operation_id is not null)
), created as (
  insert into rollouts (id, caller, on_behalf_of, request_id, request_hash, spec, state, targets, last_seq, version,
    last_turn_at, created_at, updated_at, rollback_of)
  select $1, $2, $3, $4, $5, $6::json, 'DRAFT', (select count(*) from begun), 1, 1, now(), now(), now(), $7
  on conflict (caller, request_id) do nothing
  returning id
), added as (
  insert into rollout_targets (rollout_id, position, appid, step, updated_at)
  select c.id, b.position, b.appid, ${STEP_NUMBERS.ROLL_BACK}, now() from created c, begun b
)
select from created`;

// AddRolloutTargets and SkipRolloutTargets write entries without arguments.
const ADD_BEGUN = `
with begun as materialized (
  select appid, position from rollout_targets t
  where rollout_id = $2 and (holds_appid or operation_id is not null)
    and not exists (select from rollout_targets o where o.appid = t.appid and o.rollout_id = $1)
    and not exists (select from rollout_changes where rollout_id = $1 and type = 'UPDATED' and args is null)
), added as (
  insert into rollout_targets (rollout_id, position, appid, step, completions, updated_at)
  select $1, (select coalesce(max(position), 0) from rollout_targets where rollout_id = $1)
    + row_number() over (order by position), appid, ${STEP_NUMBERS.ROLL_BACK},
    (select completions_floor from rollouts where id = $1), clock_timestamp() from begun
)
update rollouts set targets = targets + (select count(*) from begun), waves_stale = true,
  version = version + 1, updated_at = clock_timestamp()
where id = $1 and exists (select from begun)`;

/**
 * Adds to the draft of a rollback, whose row is locked, the targets of the first rollout that have begun since: it runs until the
 * draft is started. Not if a call has chosen the targets of the draft. Returns the draft as it is then.
 */
export async function addBegunTargets(client: ClientBase, draft: StoredRollout): Promise<StoredRollout> {
  if (draft.rollbackOf === null) return draft;
  const { rowCount } = await client.query(ADD_BEGUN, [draft.id, draft.rollbackOf]);
  return rowCount === 0 ? draft : ((await readRollout(client, draft.id)) ?? draft);
}

/**
 * Creates the rollback of a rollout from its targets that have begun, in the same order. The caller's request_id makes it
 * idempotent. Resolves to undefined if the first rollout is unknown.
 */
export function rollbackRollout(
  pool: Pool,
  log: { onRecorded?: OnRecorded },
  firstId: string,
  rollback: NewRollback,
  actor: RolloutActor,
): Promise<CreatedRollout | undefined> {
  const { by, reason } = actor;
  return recordedTransaction<CreatedRollout | undefined>(pool, { ...log, by }, async (client, record) => {
    const first = await lockRollout(client, firstId);
    if (first === undefined) return undefined;
    const earlier = await findEarlierRollout(client, rollback, by.caller ?? '');
    if (earlier !== undefined) return earlier;
    const spec = rollback.specOf(first);
    const id = uuidv7();
    const owner = [by.caller ?? '', by.onBehalfOf ?? ''];
    const { requestId, requestHash } = rollback;
    const values = [id, ...owner, requestId, requestHash, JSON.stringify(spec), firstId];
    const { rowCount } = await client.query(INSERT, values);
    // Another call has used the request_id since.
    if (rowCount === 0) return findEarlierRollout(client, rollback, by.caller ?? '');
    await writeJournal(client, { id, lastSeq: '0' }, by, [{ type: 'CREATED', reason }]);
    const second = await found(client, id);
    await record({
      action: 'rollout.rolled_back',
      detail: { rollout_id: firstId, rollback: id, ...(reason !== '' && { reason }) },
    });
    const edits = await rollback.start?.(first, second, client);
    if (edits === undefined) return { kind: 'created', rollout: second };
    await storeEdit(client, first, edits.first, actor);
    await storeEdit(client, second, edits.second, actor);
    return { kind: 'created', rollout: (await readRollout(client, id)) ?? second };
  });
}

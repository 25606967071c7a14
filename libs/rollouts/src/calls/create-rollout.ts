import { type Visible, whereVisible } from '@wxa/postgres/lists';
import { type OnRecorded, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { MAX_TARGETS, type StoredRollout } from '../core/rollout.js';
import { writeJournal } from '../rows/journal.js';
import { readRollout } from '../rows/stored-rollout.js';
import { type RolloutActor, type RolloutEdit, storeEdit } from './change-rollout.js';

/** Which mini-programs a rollout begins with. */
export type TargetSelection =
  /** In this order, without duplicates. */
  | { appids: readonly string[] }
  /** All authorized ones with all of these labels, or, without labels, with permission set 18; by appid. */
  | { labels: readonly string[] | null; except: readonly string[]; visible?: Visible | undefined };

/** A rollout to create as a draft. */
export interface NewRollout {
  requestId: string;
  /** Of the request without its request_id. */
  requestHash: Buffer;
  /** Proto3 JSON of RolloutSpec. */
  spec: unknown;
  /** Number of the first step. */
  step: number;
  selection: TargetSelection;
}

/**
 * `created`: new, with its targets. `repeated`: created before by the same request. `reused`: the caller used its request_id
 * with other content. `too-many`: more than 100,000 targets were selected; nothing was created.
 */
export type CreatedRollout =
  | { kind: 'created' | 'repeated'; rollout: StoredRollout }
  | { kind: 'reused'; id: string }
  | { kind: 'too-many' };

/**
 * Creates a rollout with its targets and its first journal entry. The caller's request_id makes it idempotent.
 * @param start is applied to the draft in the same transaction: throws to refuse the rollout, returns undefined to leave a draft.
 */
export function createRollout(
  pool: Pool,
  log: { onRecorded?: OnRecorded },
  created: NewRollout,
  actor: RolloutActor,
  start?: (draft: StoredRollout, client: ClientBase) => Promise<RolloutEdit | undefined>,
): Promise<CreatedRollout> {
  const { by, reason } = actor;
  return recordedTransaction<CreatedRollout>(pool, { ...log, by }, async (client, record) => {
    const draft = await insertRollout(client, created, actor);
    if (draft === undefined) {
      const earlier = await findEarlierRollout(client, created, by.caller ?? '');
      if (earlier === undefined) throw new Error('a rollout conflicts with none');
      return earlier;
    }
    if (draft.targets > MAX_TARGETS) throw new TooManyTargets();
    const detail = { rollout_id: draft.id, targets: draft.targets, ...(reason !== '' && { reason }) };
    await record({ action: 'rollout.created', detail });
    const edit = await start?.(draft, client);
    if (edit === undefined) return { kind: 'created', rollout: draft };
    await storeEdit(client, draft, edit, actor);
    await record({ action: edit.action, detail: { rollout_id: draft.id, ...edit.detail } });
    return { kind: 'created', rollout: await found(client, draft.id) };
  }).catch((error: unknown) => {
    if (error instanceof TooManyTargets) return { kind: 'too-many' };
    throw error;
  });
}

/** Rolls the transaction back. */
class TooManyTargets extends Error {}

async function insertRollout(
  client: ClientBase,
  { requestId, requestHash, spec, step, selection }: NewRollout,
  { by, reason }: RolloutActor,
): Promise<StoredRollout | undefined> {
  const id = uuidv7();
  const [caller, onBehalfOf] = [by.caller ?? '', by.onBehalfOf ?? ''];
  const values: unknown[] = [id, caller, onBehalfOf, requestId, requestHash, JSON.stringify(spec), step];
  const selected = selectedBy(selection, (value) => `$${values.push(value)}`);
  const { rowCount } = await client.query(insert(selected), values);
  if (rowCount === 0) return undefined;
  await writeJournal(client, { id, lastSeq: '0' }, by, [{ type: 'CREATED', reason }]);
  return found(client, id);
}

const insert = (selected: string) => `
with selected as materialized (${selected}),
created as (
  insert into rollouts (id, caller, on_behalf_of, request_id, request_hash, spec, state, targets, last_seq, version,
    last_turn_at, created_at, updated_at)
  select $1, $2, $3, $4, $5, $6::json, 'DRAFT', (select count(*) from selected), 1, 1, now(), now(), now()
  on conflict (caller, request_id) do nothing
  returning id
),
added as (
  insert into rollout_targets (rollout_id, position, appid, step, updated_at)
  select c.id, s.position, s.appid, $7, now() from created c, selected s
)
select from created`;

// Permission sets are unknown until a sync has read them.
const MAY_RELEASE = 'coalesce(18 = any(permission_sets), true)';

function selectedBy(selection: TargetSelection, bind: (value: unknown) => string): string {
  if ('appids' in selection)
    return `select appid, ord::int as position from unnest(${bind(selection.appids)}::text[]) with ordinality as s(appid, ord)`;
  const { labels, except, visible } = selection;
  const condition = labels === null ? MAY_RELEASE : `labels @> ${bind(labels)}::text[]`;
  return `select appid, row_number() over (order by appid)::int as position
    from authorizers where state = 'AUTHORIZED' and ${condition} and ${whereVisible('appid', visible, bind)}
      and not exists (select from unnest(${bind(except)}::text[]) as e(id) where e.id = appid)
    order by appid limit ${bind(MAX_TARGETS + 1)}`;
}

/** The rollout that a request_id of a caller created before. */
export async function findEarlierRollout(
  client: ClientBase,
  { requestId, requestHash }: Pick<NewRollout, 'requestId' | 'requestHash'>,
  caller: string,
): Promise<CreatedRollout | undefined> {
  const { rows } = await client.query<{ id: string; hash: Buffer }>(
    'select id, request_hash as hash from rollouts where caller = $1 and request_id = $2',
    [caller, requestId],
  );
  const [earlier] = rows;
  if (earlier === undefined) return undefined;
  if (!earlier.hash.equals(requestHash)) return { kind: 'reused', id: earlier.id };
  return { kind: 'repeated', rollout: await found(client, earlier.id) };
}

/** A rollout that exists. */
export async function found(client: ClientBase, id: string): Promise<StoredRollout> {
  const rollout = await readRollout(client, id);
  if (rollout === undefined) throw new Error(`rollout ${id} is gone`);
  return rollout;
}

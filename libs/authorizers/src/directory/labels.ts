import { createHash } from 'node:crypto';
import { type Actor, NOBODY, type RecordEntry, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase } from 'pg';
import { takeIn } from '../newcomers.js';
import type { DirectoryContext } from '../sealed-columns.js';

// Labels bring layers of settings, on which readiness depends: the sweep of the inventory applies its rules again.
const STORE = `
with judged as (update mini_programs set computed_at = '-infinity' where appid = $1 and computed_at is not null)
update authorizers set labels = $2, updated_at = clock_timestamp(),
  labels_changed_at = case when $3::text[] = '{}' then labels_changed_at else clock_timestamp() end,
  labels_added = case when $3 = '{}' then labels_added else $3 end
where appid = $1`;

/** The labels that it gets decide whether a rollout takes it in; those that it had do not. */
async function store(
  client: ClientBase,
  appid: string,
  { from, to }: Record<'from' | 'to', string[]>,
): Promise<void> {
  const added = to.filter((label) => !from.includes(label));
  await client.query({ name: 'store-labels', text: STORE, values: [appid, to, added] });
  if (added.length > 0) await takeIn(client, [appid], 'labels');
}

/** Replaces the labels of a mini-program, and records who did it if they change. Returns false if it is unknown. */
export function setLabels(
  { calls, onRecorded }: DirectoryContext,
  appid: string,
  labels: string[],
  by: Actor = NOBODY,
): Promise<boolean> {
  return recordedTransaction(calls, { by, onRecorded }, async (client, record) => {
    const { rows } = await client.query<{ from: string[]; isSame: boolean }>(
      `select labels as "from", labels = $2 as "isSame" from authorizers where appid = $1 for update`,
      [appid, labels],
    );
    const [before] = rows;
    if (before === undefined || before.isSame) return before !== undefined;
    await store(client, appid, { from: before.from, to: labels });
    await record({ action: 'authorizer.labelled', appid, detail: { from: before.from, to: labels } });
    return true;
  });
}

/** Of one mini-program. */
const MAX_LABELS = 20;

/** Stores the labels of the mini-program that will authorize by a link. */
export async function keepLinkLabels(
  { calls }: DirectoryContext,
  preAuthCode: string,
  labels: string[],
): Promise<void> {
  await calls.query(
    'insert into link_labels (pre_auth_code_hash, labels) values ($1, $2) on conflict do nothing',
    [hashOf(preAuthCode), labels],
  );
}

// A code is for one authorization.
const TAKE = 'delete from link_labels where pre_auth_code_hash = $1 returning labels';

/** Adds the labels of the link by which a mini-program authorized; those beyond 20 are left out. */
export async function addLinkLabels(
  client: ClientBase,
  record: RecordEntry,
  { appid, preAuthCode }: { appid: string; preAuthCode: string },
): Promise<void> {
  const { rows } = await client.query<{ labels: string[] }>(TAKE, [hashOf(preAuthCode)]);
  if (rows[0] === undefined) return;
  const found = await client.query<{ labels: string[] }>('select labels from authorizers where appid = $1', [
    appid,
  ]);
  const from = found.rows[0]?.labels ?? [];
  const to = [...new Set([...from, ...rows[0].labels])].slice(0, MAX_LABELS);
  if (to.length === from.length) return;
  await store(client, appid, { from, to });
  await record({ action: 'authorizer.labelled', appid, detail: { from, to } });
}

function hashOf(preAuthCode: string): Buffer {
  return createHash('sha256').update(preAuthCode).digest();
}

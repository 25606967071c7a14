import type { AuditDecision } from '@wxa/contracts';
import { transaction } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import { auditOfPush, CLOCKS_MS, decidedAtOf } from './audit-of-push.js';
import { type AuditChange, decideAudits, lockAudits, recentAudits, type StoredAuditPush } from './audits.js';
import { awaitConfirmation, publishAsUnknown, publishUnknown } from './confirm-rejection.js';
import { noteSignatures, type ReceivedPush } from './push-signatures.js';
import type { StoredAudit } from './stored-audit.js';

/** The result of a callback. `replayed`: its signature was used at the URL of another mini-program; it is rejected. */
export type PushOutcome = 'duplicate' | 'matched' | 'deferred' | 'unmatched' | 'replayed';

// A process that stalls within a transaction may lock the audits of one mini-program for long. The batch then fails, is run
// again one by one, and only the callbacks of that mini-program fail.
const WAIT_AT_MOST = "set local lock_timeout = '2s'";

/**
 * Stores callbacks and matches them to their audits, in one transaction. A callback has neither audit id nor operation, so it
 * is matched by mini-program and time. It is deferred while a SubmitAudit that may have opened its audit is not settled. If
 * its audit was made outside this service, it is published without an audit.
 */
export function recordPushes(
  pool: Pool,
  publisher: Publisher,
  pushes: ReceivedPush[],
): Promise<PushOutcome[]> {
  return transaction(pool, async (client) => {
    await client.query(WAIT_AT_MOST);
    const statuses = await noteSignatures(client, pushes);
    const items = pushes.map(
      (push, i): Item => ({ ...push, outcome: statuses[i] === 'replayed' ? 'replayed' : 'duplicate' }),
    );
    const added = await storeNew(
      client,
      items.filter((_, i) => statuses[i] === 'new'),
    );
    for (const round of rounds(added)) {
      const outcomes = await applyPushes(client, publisher, round);
      round.forEach((item, i) => {
        item.outcome = outcomes[i] ?? item.outcome;
      });
    }
    return items.map(({ outcome }) => outcome);
  });
}

interface Item extends StoredAuditPush {
  outcome: PushOutcome;
}

// Callbacks are deferred that may belong to an audit of a SubmitAudit whose outcome is not known yet. An equal callback whose
// time is not reliable counts as new for an audit that was submitted since.
const STORE = `
insert into audit_pushes (key, appid, push, waiting)
select distinct on (key) key, appid, push::json, exists (
    select from operations o where o.appid = i.appid and o.is_change and o.ended_at is null
      and o.method = 'SubmitAudit' and (o.state in ('RUNNING', 'IN_DOUBT') or o.may_have_acted)
      and o.started_at < i.decided_at + $5 * interval '1 millisecond')
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as i(key, appid, push, decided_at)
on conflict (key) do update set received_at = now(), waiting = excluded.waiting
where excluded.key = any($6::text[]) and exists (select from audits a
  where a.appid = excluded.appid and a.state = 'OPEN' and a.submitted_at > audit_pushes.received_at)
returning key, waiting`;

/**
 * Stores callbacks and returns those that are new and not deferred. The audits of their mini-programs are locked from then on.
 */
async function storeNew(client: ClientBase, pushes: Item[]): Promise<Item[]> {
  if (pushes.length === 0) return [];
  const appids = pushes.map(({ appid }) => appid);
  const now = Date.now();
  const isUndated = ({ decision }: Item) => decidedAtOf(decision, now) !== decision.decidedAt.getTime();
  await lockAudits(client, appids);
  await rememberOriginalIds(client, pushes);
  const { rows } = await client.query<{ key: string; waiting: boolean }>({
    name: 'store-pushes',
    text: STORE,
    values: [
      pushes.map(({ key }) => key),
      appids,
      pushes.map(({ decision }) => JSON.stringify(decision)),
      pushes.map(({ decision }) => new Date(decidedAtOf(decision, now))),
      CLOCKS_MS,
      pushes.filter(isUndated).map(({ key }) => key),
    ],
  });
  const stored = new Map(rows.map(({ key, waiting }) => [key, waiting]));
  return pushes.filter((push) => {
    const waiting = stored.get(push.key);
    // Of two equal callbacks the first is new.
    stored.delete(push.key);
    if (waiting) push.outcome = 'deferred';
    return waiting === false;
  });
}

/** Rounds with one callback of each mini-program, because the next one must see the result of the first. */
function rounds<T extends { appid: string }>(pushes: T[]): T[][] {
  const made: T[][] = [];
  const seen = new Map<string, number>();
  for (const push of pushes) {
    const round = seen.get(push.appid) ?? 0;
    seen.set(push.appid, round + 1);
    made[round] ??= [];
    made[round].push(push);
  }
  return made;
}

/** Matches callbacks, one per mini-program, to their audits and publishes new decisions. */
async function applyPushes(
  client: ClientBase,
  publisher: Publisher,
  pushes: StoredAuditPush[],
): Promise<PushOutcome[]> {
  const audits = await recentAudits(
    client,
    pushes.map(({ appid }) => appid),
  );
  const found = pushes.map((push, i) => ({ push, audit: auditOfPush(audits[i] ?? [], push.decision) }));
  const undecided = found.filter(({ audit }) => audit === undefined || audit.state === 'OPEN');
  const deferred = await deferWhileUnverified(
    client,
    publisher,
    undecided.map(({ push }) => push),
  );
  const known = found.filter(({ push }) => !deferred.has(push.key));
  await publishUnknown(
    client,
    publisher,
    known.flatMap(({ push, audit }) => (audit === undefined ? [push] : [])),
  );
  const matched = known.flatMap(({ push: { key, decision, onDecided }, audit }) =>
    audit === undefined ? [] : [{ audit, decision, pushKey: key, onDecided }],
  );
  await decideOpen(
    client,
    publisher,
    matched.filter(({ audit }) => audit.state === 'OPEN'),
  );
  await recordEnded(
    client,
    matched.filter(({ audit, decision }) => audit.state !== 'OPEN' && decision.state !== 'DELAYED'),
  );
  return found.map(({ push: { key }, audit }) => (deferred.has(key) ? 'deferred' : outcomeOf(audit)));
}

/** A rejection waits for a read; of two that wait for one audit the second is about another one. */
async function decideOpen(client: ClientBase, publisher: Publisher, changes: AuditChange[]): Promise<void> {
  const isUnconfirmed = ({ decision }: AuditChange) =>
    decision.state === 'REJECTED' && publisher.askStatus !== undefined;
  const isSecond = (change: AuditChange) => isUnconfirmed(change) && change.audit.pushKey !== null;
  const decided = changes.filter((change) => !isUnconfirmed(change));
  await decideAudits(client, publisher, decided);
  for (const { audit, decision } of decided)
    if (decision.state !== 'DELAYED') await publishAsUnknown(client, publisher, audit, decision.decidedAt);
  await publishUnknown(client, publisher, changes.filter(isSecond).flatMap(pushOf));
  const waiting = changes.filter((change) => isUnconfirmed(change) && !isSecond(change));
  await awaitConfirmation(client, publisher, waiting);
}

const pushOf = ({ audit: { appid }, decision, pushKey: key }: AuditChange): StoredAuditPush[] =>
  key === null ? [] : [{ appid, key, decision }];

/**
 * The audits of these callbacks, or the end of the audit that is open here, may be among what Postgres has lost. They are
 * matched once it is verified.
 */
async function deferWhileUnverified(
  client: ClientBase,
  { mayHaveLostTime }: Publisher,
  undecided: StoredAuditPush[],
): Promise<Set<string>> {
  if (undecided.length === 0 || !(await mayHaveLostTime?.(client))) return new Set();
  const keys = undecided.map(({ key }) => key);
  await client.query('update audit_pushes set waiting = true where key = any($1::text[])', [keys]);
  return new Set(keys);
}

function outcomeOf(audit: StoredAudit | undefined): PushOutcome {
  if (audit === undefined) return 'unmatched';
  return audit.state === 'OPEN' ? 'matched' : 'duplicate';
}

/** The decisions of these audits were found another way and published: only the callbacks are recorded. */
async function recordEnded(client: ClientBase, decisions: AuditChange[]): Promise<void> {
  if (decisions.length === 0) return;
  await client.query({
    name: 'record-ended',
    text: `update audits set push_key = d.key from unnest($1::uuid[], $2::text[]) as d(id, key)
      where operation_id = d.id`,
    values: [decisions.map(({ audit }) => audit.operationId), decisions.map(({ pushKey }) => pushKey)],
  });
}

const TAKE_DEFERRED = `
update audit_pushes set waiting = false where appid = any($1::text[]) and waiting returning key, appid, push`;

/** Applies the deferred callbacks of mini-programs, oldest first, once the outcomes of their possible SubmitAudits are known. */
export async function applyDeferredPushes(
  client: ClientBase,
  publisher: Publisher,
  appids: string[],
): Promise<void> {
  if (appids.length === 0) return;
  const { rows } = await client.query<{ key: string; appid: string; push: AuditDecision }>({
    name: 'take-deferred-pushes',
    text: TAKE_DEFERRED,
    values: [appids],
  });
  const stored = rows.map(({ key, appid, push }) => ({
    ...{ key, appid },
    decision: { ...push, decidedAt: new Date(push.decidedAt) },
  }));
  stored.sort((a, b) => a.decision.decidedAt.getTime() - b.decision.decidedAt.getTime());
  for (const round of rounds(stored)) await applyPushes(client, publisher, round);
}

// Nearly every callback names the stored id, which is not written again.
const REMEMBER = `
insert into original_ids (appid, original_id)
select distinct on (appid) appid, original_id from unnest($1::text[], $2::text[]) as named(appid, original_id)
where not exists (select from original_ids o where o.appid = named.appid and o.original_id = named.original_id)
on conflict (appid) do update set original_id = excluded.original_id`;

/** Stores the original ids of callbacks, in the transaction that has locked the audits of their mini-programs. */
async function rememberOriginalIds(client: ClientBase, pushes: readonly StoredAuditPush[]): Promise<void> {
  const named = pushes.filter(({ decision }) => decision.originalId !== '');
  if (named.length === 0) return;
  const values = [named.map(({ appid }) => appid), named.map(({ decision }) => decision.originalId)];
  await client.query({ name: 'remember-original-ids', text: REMEMBER, values });
}

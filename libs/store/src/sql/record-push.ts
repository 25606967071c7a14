import type { ClientBase, Pool } from 'pg';
import type { AuditEntity } from '../entities/audit.entity.js';
import { auditOfPush, CLOCKS_MS, decidedAtOf } from './audit-of-push.js';
import {
  type AuditChange,
  type AuditDecision,
  decideAudits,
  lockAudits,
  type Publisher,
  recentAudits,
  type StoredAuditPush,
} from './audits.js';
import { rememberOriginalIds } from './original-ids.js';
import { noteSignatures, type ReceivedPush } from './push-signatures.js';
import { transaction } from './transaction.js';
import { writeOutbox } from './write-outbox.js';

/** What a push came to. `replayed`: it came before, to another mini-program's URL, and is refused. */
export type PushOutcome = 'duplicate' | 'matched' | 'deferred' | 'unmatched' | 'replayed';

// A process that was stopped in the middle of a transaction may hold the audits of one mini-program for long. Then
// the batch fails, and of its pushes, each by itself, only that mini-program's.
const WAIT_AT_MOST = "set local lock_timeout = '2s'";

/**
 * Keeps pushes and binds them to their audits, all in one transaction. A push says neither auditid nor operation, so
 * it is bound by mini-program and time; one that is early, while its SubmitAudit may have been done but has not
 * settled, is kept until that does; one for an audit made outside this service is published without an audit.
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

// Those wait that could be for an audit that a SubmitAudit opened whose outcome is not known yet. One whose time is not
// believed says what it said before of another audit, where one was submitted since.
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
 * Keeps pushes, and gives those that were not there and need not wait. From then on nobody else touches their
 * mini-programs' audits.
 */
async function storeNew(client: ClientBase, pushes: Item[]): Promise<Item[]> {
  if (pushes.length === 0) return [];
  const appids = pushes.map(({ appid }) => appid);
  const now = Date.now();
  const isUndated = ({ verdict }: Item) => decidedAtOf(verdict, now) !== verdict.decidedAt.getTime();
  await lockAudits(client, appids);
  await rememberOriginalIds(client, pushes);
  const { rows } = await client.query<{ key: string; waiting: boolean }>({
    name: 'keep-pushes',
    text: STORE,
    values: [
      pushes.map(({ key }) => key),
      appids,
      pushes.map(({ verdict }) => JSON.stringify(verdict)),
      pushes.map(({ verdict }) => new Date(decidedAtOf(verdict, now))),
      CLOCKS_MS,
      pushes.filter(isUndated).map(({ key }) => key),
    ],
  });
  const stored = new Map(rows.map(({ key, waiting }) => [key, waiting]));
  return pushes.filter((push) => {
    const waiting = stored.get(push.key);
    // Of two that are one, the first is new.
    stored.delete(push.key);
    if (waiting) push.outcome = 'deferred';
    return waiting === false;
  });
}

/** One push of each mini-program, then the next one, which must see what became of the first. */
function rounds(pushes: Item[]): Item[][] {
  const made: Item[][] = [];
  const seen = new Map<string, number>();
  for (const push of pushes) {
    const round = seen.get(push.appid) ?? 0;
    seen.set(push.appid, round + 1);
    made[round] ??= [];
    made[round].push(push);
  }
  return made;
}

/** Finds the audits of pushes, of each mini-program one, and publishes what is news. */
async function applyPushes(
  client: ClientBase,
  publisher: Publisher,
  pushes: StoredAuditPush[],
): Promise<PushOutcome[]> {
  const audits = await recentAudits(
    client,
    pushes.map(({ appid }) => appid),
  );
  const found = pushes.map((push, i) => ({ push, audit: auditOfPush(audits[i] ?? [], push.verdict) }));
  await publishUnknown(
    client,
    publisher,
    found.filter(({ audit }) => audit === undefined).map(({ push }) => push),
  );
  const bound = found.flatMap(({ push: { key, verdict }, audit }) =>
    audit === undefined ? [] : [{ audit, verdict, pushKey: key }],
  );
  await decideAudits(
    client,
    publisher,
    bound.filter(({ audit }) => audit.state === 'OPEN'),
  );
  await recordEnded(
    client,
    bound.filter(({ audit, verdict }) => audit.state !== 'OPEN' && verdict.state !== 'DELAYED'),
  );
  return found.map(({ audit }) => outcomeOf(audit));
}

function outcomeOf(audit: AuditEntity | undefined): PushOutcome {
  if (audit === undefined) return 'unmatched';
  return audit.state === 'OPEN' ? 'matched' : 'duplicate';
}

/** The ends of these audits were learnt another way and have been published: the pushes are only noted. */
async function recordEnded(client: ClientBase, decisions: AuditChange[]): Promise<void> {
  if (decisions.length === 0) return;
  await client.query({
    name: 'note-ended',
    text: `update audits set push_key = d.key from unnest($1::uuid[], $2::text[]) as d(id, key)
      where operation_id = d.id`,
    values: [decisions.map(({ audit }) => audit.operationId), decisions.map(({ pushKey }) => pushKey)],
  });
}

async function publishUnknown(
  client: ClientBase,
  publisher: Publisher,
  pushes: StoredAuditPush[],
): Promise<void> {
  const events = pushes.map(({ appid, key, verdict }) =>
    publisher.toEvent(appid, null, verdict, `${appid}.push.${key}`),
  );
  await writeOutbox(client, publisher.writer, events);
}

/** Tells the kept pushes, oldest first, once it is known what became of the SubmitAudit they may belong to. */
export async function applyDeferredPushes(
  client: ClientBase,
  publisher: Publisher,
  appid: string,
): Promise<void> {
  const { rows } = await client.query<{ key: string; push: AuditDecision }>(
    `update audit_pushes set waiting = false where appid = $1 and waiting returning key, push`,
    [appid],
  );
  const stored = rows.map(({ key, push }) => ({
    key,
    verdict: { ...push, decidedAt: new Date(push.decidedAt) },
  }));
  stored.sort((a, b) => a.verdict.decidedAt.getTime() - b.verdict.decidedAt.getTime());
  for (const { key, verdict } of stored) await applyPushes(client, publisher, [{ key, appid, verdict }]);
}

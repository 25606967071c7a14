import { transaction } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import { lockAudits } from './audits.js';
import { applyDeferredPushes } from './record-push.js';

const PAGE = 500;

// The callbacks of other mini-programs wait for a SubmitAudit whose outcome is not known yet.
const WITH_CALLBACKS = `
select distinct p.appid from audit_pushes p where p.waiting and p.appid > $1 and not exists (
  select from operations o where o.appid = p.appid and o.is_change and o.ended_at is null and o.method = 'SubmitAudit'
    and (o.state in ('RUNNING', 'IN_DOUBT') or o.may_have_acted))
order by p.appid limit ${PAGE}`;

/** The next page of mini-programs whose deferred callbacks can be matched, by appid. */
export async function withDeferredCallbacks(client: ClientBase, after: string): Promise<string[]> {
  const { rows } = await client.query<{ appid: string }>(WITH_CALLBACKS, [after]);
  return rows.map(({ appid }) => appid);
}

/** Matches all deferred callbacks that can be matched, in transactions of a page each. */
export async function matchAllDeferred(pool: Pool, publisher: Publisher): Promise<void> {
  for (let after = ''; ; ) {
    const appids = await transaction(pool, async (client) => {
      const page = await withDeferredCallbacks(client, after);
      await matchDeferred(client, publisher, page);
      return page;
    });
    const last = appids.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** Matches the deferred callbacks of mini-programs to their audits and publishes the decisions. */
export async function matchDeferred(
  client: ClientBase,
  publisher: Publisher,
  appids: string[],
): Promise<void> {
  await lockAudits(client, appids);
  await applyDeferredPushes(client, publisher, appids);
}

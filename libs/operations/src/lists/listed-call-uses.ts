import { FINAL_STATES, type ListedCallUse } from '@wxa/contracts';
import { unlessAborted, withoutNul } from '@wxa/postgres';
import type { Pool } from 'pg';

/** How often somebody made the listed call of this name. */
type UseOfCall = ListedCallUse & { call: string };

/** Of each method and outcome, so that an index finds them. */
const NEWEST = 200;

const USES = `
select ${withoutNul('o.request')} ->> 'call' as call, coalesce(o.accepted_by, '') as caller, coalesce(o.on_behalf_of, '') as "onBehalfOf",
  count(*)::int as calls, max(o.created_at) as "lastTime"
from unnest($1::text[]) m(method) cross join unnest($2::text[]) s(state) cross join lateral (
  select request, accepted_by, on_behalf_of, created_at from operations
  where method = m.method and state = s.state and ended_at is not null order by id desc limit ${NEWEST}) o
group by 1, 2, 3 order by max(o.created_at) desc`;

/** Who made listed calls, the last one first: among the newest 200 that have ended, of each method and outcome. */
export async function listedCallUses(
  pool: Pool,
  methods: string[],
  signal?: AbortSignal,
): Promise<UseOfCall[]> {
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<UseOfCall>({ name: 'listed-call-uses', text: USES, values: [methods, FINAL_STATES] }),
  );
  return rows;
}

const IS_IN_USE = `
select exists (select from operations where api = $1 and ended_at is null)
  or exists (select from api_limits where api = $1) as "isInUse"`;

/** Whether an unfinished listed call has this path, or the path was called or stopped before: the policy may list it no more. */
export async function isPathInUse(pool: Pool, api: string, signal?: AbortSignal): Promise<boolean> {
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<{ isInUse: boolean }>({ name: 'path-in-use', text: IS_IN_USE, values: [api] }),
  );
  return rows[0]?.isInUse === true;
}

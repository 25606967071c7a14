import { type Component, mayBeUsed, TOKEN_LIFE } from '@wxa/authorizers';
import type { ClientBase } from 'pg';
import { IN_FLIGHT, IS_LIVE } from './stored-rollout.js';

/** A stopped API; `byQuota`: because WeChat's quota of it is exhausted. */
export interface TurnStop {
  api: string;
  since: Date;
  until: Date;
  byQuota: boolean;
}

/** The stopped APIs. A lift or another end that this turn does not see starts another turn. */
export async function turnStops(client: ClientBase): Promise<TurnStop[]> {
  const { rows } = await client.query<TurnStop>({
    name: 'turn-stops',
    text: `select api, stopped_at as since, stopped_until as until, stop_errcode is not null as "byQuota" from api_limits
        where stopped_until > clock_timestamp() order by api`,
  });
  return rows;
}

// 3 is the number of SUBMIT_AUDIT.
const OTHERS = `
select coalesce(sum(c.targets), 0)::int as "otherSubmissions"
from rollouts r join rollout_counts c on c.rollout_id = r.id
where r.state ${IS_LIVE} and r.id <> $1 and c.step = 3 and c.targets > 0
  and ${IN_FLIGHT}`;

/** How many submissions of other rollouts are in flight. */
export async function otherSubmissions(client: ClientBase, rolloutId: string): Promise<number> {
  const { rows } = await client.query<{ otherSubmissions: number }>({
    name: 'other-submissions',
    text: OTHERS,
    values: [rolloutId],
  });
  return rows[0]?.otherSubmissions ?? 0;
}

/** How many audits of a rollout are open. */
export async function countOpenAudits(client: ClientBase, id: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: 'open-audits-of-rollout',
    text: `select count(*)::int as count from audits where rollout_id = $1 and state = 'OPEN'`,
    values: [id],
  });
  return rows[0]?.count ?? 0;
}

/** When the platform obtained its access token; null if it has none that may be used. */
export async function platformTokenSince(client: ClientBase, platform: string): Promise<Date | null> {
  const { rows } = await client.query<Pick<Component, 'remainingMs' | 'grantedMs'> & { since: Date }>({
    name: 'turn-platform-token',
    text: `select access_token_at as since, ${TOKEN_LIFE} from components
        where appid = $1 and access_token is not null`,
    values: [platform],
  });
  const token = rows[0];
  return token !== undefined && mayBeUsed(token) ? token.since : null;
}

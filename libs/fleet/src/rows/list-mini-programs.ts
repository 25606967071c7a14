import type { ListMiniProgramsRequest } from '@wxa/contracts';
import { transaction, unlessAborted } from '@wxa/postgres';
import { type AppidPage, whereContains, whereVisible } from '@wxa/postgres/lists';
import type { ClientBase, Pool } from 'pg';
import type { ItemName, Party } from '../core/item.js';
import type { Items } from '../core/readiness.js';
import { lastCommit } from './committed.js';
import type { StoredMiniProgram } from './stored-mini-program.js';

/** A mini-program with what is joined when it is read: its last commit and its last audit. */
export interface ListedMiniProgram
  extends Pick<
    StoredMiniProgram,
    'appid' | 'liveVersion' | 'liveTemplate' | 'liveAt' | 'liveSource' | 'versionsAt'
  > {
  nickName: string;
  labels: string[];
  state: 'AUTHORIZED' | 'NEEDS_AUTHORIZATION' | 'UNAUTHORIZED';
  grayPercent: number | null;
  visitStatus: 'OPEN' | 'CLOSED' | null;
  supportVersion: string | null;
  readiness: Items | null;
  drifted: boolean | null;
  trialVersion: string | null;
  trialTemplate: string | null;
  committedAt: Date | null;
  auditId: string | null;
  auditVersion: string | null;
  auditState: 'OPEN' | 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | null;
  isDelayed: boolean | null;
  submittedAt: Date | null;
  decidedAt: Date | null;
}

const COLUMNS = `a.appid, a.nick_name as "nickName", a.labels, a.state, m.live_version as "liveVersion",
  m.live_template as "liveTemplate", m.live_at as "liveAt", m.live_source as "liveSource",
  m.gray_percent as "grayPercent", m.visit_status as "visitStatus", m.support_version as "supportVersion", m.readiness, m.drifted, m.versions_at as "versionsAt",
  c.user_version as "trialVersion", c.template_id as "trialTemplate", c.committed_at as "committedAt",
  u.audit_id as "auditId", u.user_version as "auditVersion", u.state as "auditState",
  u.delayed_at is not null as "isDelayed", u.submitted_at as "submittedAt", u.decided_at as "decidedAt"`;

const JOINED = `left join lateral ${lastCommit('a.appid')} c on true
  left join lateral (select * from audits where appid = a.appid order by submitted_at desc limit 1) u on true`;

const GET = `select ${COLUMNS} from authorizers a left join mini_programs m using (appid) ${JOINED} where a.appid = $1`;

/** Undefined if it never authorized the platform, or was removed. */
export async function getMiniProgram(
  pool: Pool,
  appid: string,
  signal?: AbortSignal,
): Promise<ListedMiniProgram | undefined> {
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<ListedMiniProgram>({ name: 'get-mini-program', text: GET, values: [appid] }),
  );
  return rows[0];
}

/** Which mini-programs to list. */
export interface MiniProgramFilter
  extends AppidPage,
    Partial<Pick<ListMiniProgramsRequest, 'liveVersion' | 'notLive' | 'drifted' | 'rolloutId'>> {
  state?: ListedMiniProgram['state'];
  liveTemplate?: bigint;
  notReady?: ItemName;
  acts?: Party;
}

/** One page. Rejects with the signal's reason if the signal is aborted before the statement begins. */
export function listMiniPrograms(
  pool: Pool,
  filter: MiniProgramFilter,
  signal?: AbortSignal,
): Promise<ListedMiniProgram[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  // The page is chosen first, so that commits and audits are looked up for its rows only.
  const text = `with page as materialized (
      select m.appid from mini_programs m join authorizers a using (appid)
      where ${conditions(filter, bind).join(' and ')} order by m.appid limit ${bind(filter.limit)}
    )
    select ${COLUMNS} from page join authorizers a using (appid) join mini_programs m using (appid) ${JOINED}
    order by page.appid`;
  const read = async (client: ClientBase) => (await client.query<ListedMiniProgram>(text, values)).rows;
  return transaction(pool, async (client) => {
    signal?.throwIfAborted();
    // The page is sorted again after its joins; the index of labels is not in the order of appids.
    const bitmap = filter.labels === undefined ? '' : 'set local enable_bitmapscan = on; ';
    await client.query(`${bitmap}set local enable_sort = on`);
    return read(client);
  });
}

const SEARCHED = ['a.appid', 'a.nick_name', `array_to_string(a.labels, E'\\n')`];

function conditions(filter: MiniProgramFilter, bind: (value: unknown) => string): string[] {
  const { state, labels, liveTemplate, liveVersion, notLive, drifted, rolloutId, afterAppid, visible } =
    filter;
  const wait = [filter.notReady, filter.acts].filter((word) => word !== undefined).join(':');
  return [
    whereVisible('m.appid', visible, bind),
    ...(afterAppid === undefined ? [] : [`m.appid > ${bind(afterAppid)}`]),
    ...(state === undefined ? [] : [`a.state = ${bind(state)}`]),
    ...(labels === undefined ? [] : [`a.labels @> ${bind(labels)}::text[]`]),
    ...(liveTemplate === undefined ? [] : [`m.live_template = ${bind(liveTemplate)}`]),
    ...(liveVersion === undefined ? [] : [`m.live_version = ${bind(liveVersion)}`]),
    ...(notLive ? ['m.live_version is null'] : []),
    ...(wait === '' ? [] : [`m.waits <> '{}' and m.waits @> array[${bind(wait)}]`]),
    ...(drifted ? ['m.drifted'] : []),
    whereContains(SEARCHED, filter.search, bind),
    ...(rolloutId === undefined
      ? []
      : [
          `exists (select from rollout_targets t where t.appid = m.appid and t.rollout_id = ${bind(rolloutId)}::uuid)`,
        ]),
  ];
}

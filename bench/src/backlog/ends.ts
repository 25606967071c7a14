import type { CallEntry } from '@wxa/wechat-sim';
import { versionIn } from '../contenders/figures.js';
import { round } from '../numbers.js';
import type { Sql } from '../sql.js';
import { type Ordered, overtakenBy } from './order-of-ends.js';
import type { Backlog } from './result.js';
import { spreadOf } from './spread.js';

/** What WeChat says that is too busy for a call. */
const BUSY_ERRCODE = -1;

/** One that has ended. */
interface Ended extends Ordered {
  appid: string;
  version: string;
}

const STATES = `
select case when state in ('FAILED', 'CANCELLED') then state || ' ' || coalesce(error->>'category', '') else state end as state,
  count(*)::int as n
from operations group by 1 order by 1`;

// The clock of the simulator's ledger is this machine's too.
const ENDED = `
select seq::float8, appid, request->>'userVersion' as version, extract(epoch from ended_at)::float8 * 1000 as "endedAt"
from operations where method = 'Commit' and ended_at is not null order by ended_at`;

const WAITING = `
select count(*)::int as n from operations where state = 'QUEUED' and method = 'Commit'
  and seq < (select max(seq) from operations where method = 'Commit' and ended_at is not null)`;

export async function endsOf(
  sql: Sql,
): Promise<Pick<Backlog, 'states' | 'overtakenAndWaiting'> & { ended: Ended[]; lastSeq: number }> {
  const states = await sql<{ state: string; n: number }>(STATES);
  const [waiting] = await sql<{ n: number }>(WAITING);
  const [last] = await sql<{ seq: number }>('select max(seq)::float8 as seq from operations');
  const ended = await sql<Ended>(ENDED);
  return {
    lastSeq: last?.seq ?? Number.NaN,
    states: Object.fromEntries(states.map(({ state, n }) => [state, n])),
    overtakenAndWaiting: waiting?.n ?? Number.NaN,
    ended,
  };
}

/** What became of those that WeChat was too busy for at first. */
export function retriesOf(calls: CallEntry[], ended: Ended[], lastSeq: number): Backlog['retried'] {
  const firstAnswers = new Map<string, number>();
  for (const { appid, body, errcode, endedAt } of calls) {
    if (errcode !== BUSY_ERRCODE || endedAt === null) continue;
    const name = `${appid} ${versionIn(body)}`;
    firstAnswers.set(name, Math.min(endedAt, firstAnswers.get(name) ?? endedAt));
  }
  const acceptedAfter = (seq: number) => lastSeq - seq;
  const retried = ended.flatMap((one) => {
    const firstAnsweredAt = firstAnswers.get(`${one.appid} ${one.version}`);
    return firstAnsweredAt === undefined ? [] : [{ ...one, firstAnsweredAt }];
  });
  const overtaken = retried.map((one) => overtakenBy(one, ended));
  const shares = retried.flatMap(({ seq }, i) =>
    acceptedAfter(seq) < lastSeq / 100 ? [] : [(overtaken[i] ?? 0) / acceptedAfter(seq)],
  );
  return {
    operations: firstAnswers.size,
    ended: retried.length,
    ms: spreadOf(retried.map(({ endedAt, firstAnsweredAt }) => endedAt - firstAnsweredAt)),
    overtakenBy: spreadOf(overtaken),
    mostOvertaken: round(Math.max(0, ...shares), 4),
  };
}

import { MONTH } from '@wxa/limits';
import { transaction } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import { type Accepted, accept, findEarlier, type NewOperation } from './accept.js';

/** The methods that use up a monthly quota of the platform. */
export type AuditMethod = 'SubmitAudit' | 'SpeedUpAudit';

/** A SubmitAudit or SpeedUpAudit whose caller may have `most` of them in a month. */
export interface LimitedAudit extends NewOperation {
  most: number;
}

/** Not accepted: its caller has `used` of them this month. */
export interface OverLimit {
  kind: 'over-limit';
  used: number;
}

// One for all callers, so that two transactions cannot wait for each other; taken after the lock of `audit_quota`.
const LOCK = `select pg_advisory_xact_lock(hashtextextended('wxa audits of callers', 0))`;

const USED = `
select i.caller, i.method, (select count(*)::int from operations o
  where o.accepted_by = i.caller and o.method = i.method and o.created_at >= ${MONTH}
    and o.method in ('SubmitAudit', 'SpeedUpAudit') and o.state not in ('FAILED', 'CANCELLED')) as used
from unnest($1::text[], $2::text[]) as i(caller, method)`;

/**
 * How many operations of a method were accepted for a caller this month and have not ended FAILED or CANCELLED. `isLocked`: until the
 * transaction ends, others that look first accept none.
 */
export async function auditsOfCaller(
  client: ClientBase,
  caller: string,
  method: AuditMethod,
  { isLocked }: { isLocked: boolean },
): Promise<number> {
  if (isLocked) await client.query(LOCK);
  const used = await auditsOf(client, [{ acceptedBy: caller, method }]);
  return used.get(keyOf({ acceptedBy: caller, method })) ?? 0;
}

type Counted = Pick<NewOperation, 'acceptedBy' | 'method'>;
const keyOf = ({ acceptedBy, method }: Counted): string => `${method} ${acceptedBy}`;

async function auditsOf(client: ClientBase, operations: readonly Counted[]): Promise<Map<string, number>> {
  const each = [...new Map(operations.map((operation) => [keyOf(operation), operation])).values()];
  const { rows } = await client.query<{ caller: string; method: string; used: number }>({
    name: 'audits-of-callers',
    text: USED,
    values: [each.map(({ acceptedBy }) => acceptedBy), each.map(({ method }) => method)],
  });
  return new Map(rows.map(({ caller, method, used }) => [keyOf({ acceptedBy: caller, method }), used]));
}

/** Accepts those that their callers may still have, in order. A repeated request is none of them, and returns its operation. */
export function acceptAudits(
  pool: Pool,
  publisher: Publisher,
  audits: LimitedAudit[],
): Promise<(Accepted | OverLimit)[]> {
  return transaction(pool, async (client) => {
    await client.query(LOCK);
    const earlier = await findEarlier(client, audits);
    const used = await auditsOf(client, audits);
    const fitting: LimitedAudit[] = [];
    for (const audit of audits) {
      if (![...earlier, ...fitting].some(isSameRequest(audit))) {
        const count = used.get(keyOf(audit)) ?? 0;
        if (count >= audit.most) continue;
        used.set(keyOf(audit), count + 1);
      }
      fitting.push(audit);
    }
    const accepted = await accept(client, publisher, fitting);
    const outcomes = new Map(fitting.map((audit, i) => [audit, accepted[i]]));
    return audits.map(
      (audit) => outcomes.get(audit) ?? { kind: 'over-limit', used: used.get(keyOf(audit)) ?? 0 },
    );
  });
}

const isSameRequest = (a: Requested) => (b: Requested) => a.appid === b.appid && a.requestId === b.requestId;
type Requested = Pick<NewOperation, 'appid' | 'requestId'>;

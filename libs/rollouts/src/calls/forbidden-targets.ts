import { isLimited, type Visible, whereVisible } from '@wxa/postgres/lists';
import type { ClientBase } from 'pg';
import type { TargetFilter } from '../core/messages/filter-of.js';
import type { AffectedTargets } from '../core/plan/findings.js';
import { conditionsOf } from '../rows/stored-target.js';
import { openCommands, selectedBy } from '../rows/take-turn.js';

const ENDED = `('SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED')`;

/**
 * The targets of a rollout that are outside one of these sets of mini-programs, in one statement for all sets. Targets that have
 * ended are left out, unless the filter or a retry that turns have not finished brings them back.
 * @param retried which of the ended targets are examined too.
 */
export async function forbiddenTargets(
  client: Pick<ClientBase, 'query'>,
  rolloutId: string,
  sets: readonly Visible[],
  retried?: TargetFilter,
): Promise<AffectedTargets> {
  const limited = [...new Set(sets)].filter(isLimited);
  if (limited.length === 0) return { targets: 0, sampleAppids: [] };
  // Read before the targets: those that a turn brings back in between have not ended then.
  const retries = (await openCommands(client, rolloutId)).filter(({ type }) => type === 'RETRIED');
  const values: unknown[] = [rolloutId];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const allowed = limited.map((set) => `(${whereVisible('t.appid', set, bind)})`).join(' and ');
  const again = [
    ...(retried === undefined ? [] : [conditionsOf(retried, bind)]),
    ...retries.map((retry) => [
      `t.position > ${bind(retry.cursor)}`,
      ...conditionsOf(selectedBy(retry), bind),
    ]),
  ].map((conditions) => conditions.join(' and '));
  const examined = [`t.state not in ${ENDED}`, ...again].join(' or ');
  const { rows } = await client.query<AffectedTargets>(
    `select count(*)::int as targets, coalesce((array_agg(t.appid order by t.position))[1:10], '{}') as "sampleAppids"
     from rollout_targets t where t.rollout_id = $1 and (${examined}) and not (${allowed})`,
    values,
  );
  return rows[0] ?? { targets: 0, sampleAppids: [] };
}

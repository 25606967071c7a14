import { isDeepStrictEqual } from 'node:util';
import { TOPICS } from '@wxa/contracts';
import { RESTORED, type RolloutHistory } from '../history.js';
import type { Finding, RunCheck } from './finding.js';

const FINAL = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];
/** The kinds of journal entries that have an event. */
const PUBLISHED = [
  ...['STARTED', 'GATE_REACHED', 'HELD', 'HOLD_CLEARED', 'PAUSED', 'RESUMED'],
  ...['WAVE_COMPLETED', 'CLOSED', 'COMPLETED', 'CANCELLED'],
];

const found = (rollout: RolloutHistory, what: string, appid = '', operationId = ''): Finding => ({
  appid,
  operationId,
  what: `rollout ${rollout.id}: ${what}`,
});

/** No idempotency key of a step, that is mini-program, step and attempt, has two operations. */
export const stepsTwice: RunCheck = ({ rollouts, operations }) => {
  const seen = new Map<string, string>();
  const [rollout] = rollouts;
  if (rollout === undefined) return [];
  return operations.flatMap(({ id, appid, requestId }) => {
    if (!requestId.startsWith('rollout-')) return [];
    const key = `${appid} ${requestId}`;
    const earlier = seen.get(key);
    seen.set(key, id);
    return earlier === undefined ? [] : [found(rollout, `${requestId} is ${earlier} too`, appid, id)];
  });
};

/** Every target has ended, or its operation is in doubt until an operator resolves it; so has the rollout. */
export const targetsLost: RunCheck = ({ rollouts }) =>
  rollouts.flatMap((rollout) => {
    const { state, targets, rows } = rollout;
    const lost = rows.filter((row) => !FINAL.includes(row.state) && row.state !== 'IN_DOUBT');
    const isOver = state === 'COMPLETED' || rows.some((row) => row.state === 'IN_DOUBT');
    return [
      ...lost.map((row) =>
        found(rollout, `target is ${row.state} in step ${row.step}`, row.appid, row.operationId),
      ),
      ...(rows.length === targets ? [] : [found(rollout, `has ${rows.length} of ${targets} targets`)]),
      ...(isOver ? [] : [found(rollout, `is ${state}`)]),
    ];
  });

/** The stored counts are those of the targets, and the journal has no gap but one for each restore, which raises `seq`. */
export const miscounted: RunCheck = ({ rollouts, faults }) =>
  rollouts.flatMap((rollout) => {
    const { counts, recount, journal, lastSeq } = rollout;
    const next = [...journal.map(({ seq }) => seq), lastSeq + 1];
    const gaps = next.filter((seq, i) => seq !== (next[i - 1] ?? 0) + 1).length;
    const isWhole = gaps <= faults.filter(({ name }) => name === RESTORED).length;
    return [
      ...(isDeepStrictEqual(counts, recount)
        ? []
        : [found(rollout, `counts ${JSON.stringify(counts)}, recount ${JSON.stringify(recount)}`)]),
      ...(isWhole ? [] : [found(rollout, `the journal has a gap: ${journal.map(({ seq }) => seq).join()}`)]),
    ];
  });

/** Every end of a target and every entry of the journal that has an event is published, the latter in order. */
export const rolloutEvents: RunCheck = ({ rollouts, events }) => {
  const published = events.filter(({ topic }) => topic === TOPICS.rollouts).toSorted((a, b) => a.at - b.at);
  const ids = new Set(published.map(({ id }) => id));
  return rollouts.flatMap((rollout) => {
    const ends = rollout.rows.flatMap(({ appid, completions }) =>
      Array.from({ length: completions }, (_, i) => `${rollout.id}.${appid}.${i + 1}`),
    );
    const entries = rollout.journal.filter(({ type }) => PUBLISHED.includes(type));
    const expected = [...ends, ...entries.map(({ seq }) => `${rollout.id}.${seq}`)];
    return [
      ...expected.filter((id) => !ids.has(id)).map((id) => found(rollout, `event ${id} is missing`)),
      ...outOfOrder(
        rollout,
        published.filter(({ key }) => key === rollout.id),
      ),
    ];
  });
};

function outOfOrder(rollout: RolloutHistory, published: { id: string; partition: number; offset: string }[]) {
  const inOrder = published.toSorted((a, b) => Number(BigInt(a.offset) - BigInt(b.offset)));
  const first = [...new Set(inOrder.map(({ id }) => id))];
  const seqs = first.flatMap((id) => /^[^.]+\.(\d+)$/.exec(id)?.[1] ?? []).map(Number);
  const isInOrder = seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] ?? 0));
  return isInOrder ? [] : [found(rollout, `events in the order ${seqs.join()}`)];
}

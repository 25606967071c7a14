import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { RESTORED, type RolloutHistory, type RunHistory } from '../history.js';
import { check } from './check.js';
import { cleanHistory } from './fixtures/clean-history.js';

const [ID, APPID] = ['01890a5d-ac96-774b-bcce-b302099a8057', 'wxd000000000000001'];
const COUNTS = [[1, 7, 'SUCCEEDED', '', 1]];
const ROW = { appid: APPID, state: 'SUCCEEDED', step: 7, attempt: 1, completions: 1, operationId: 'a' };
const ROLLOUT: RolloutHistory = {
  ...{ id: ID, state: 'COMPLETED', targets: 1, lastSeq: 3, counts: COUNTS, recount: COUNTS },
  rows: [ROW],
  journal: ['CREATED', 'STARTED', 'COMPLETED'].map((type, i) => ({ seq: i + 1, type })),
};
const IDS = [`${ID}.2`, `${ID}.${APPID}.1`, `${ID}.3`];

function historyOf(rollout: Partial<RolloutHistory> = {}, ids = IDS, requestIds: string[] = []): RunHistory {
  const clean = cleanHistory();
  const events = ids.map((id, i) => ({
    ...{ topic: TOPICS.rollouts, partition: 0, offset: String(i), at: i, key: ID, id, type: '', value: '' },
  }));
  const [operation] = clean.operations;
  if (operation === undefined) throw new Error('no operation');
  const own = requestIds.map((requestId, i) => ({
    ...operation,
    ...{ id: `own-${i}`, requestId, appid: APPID, state: 'FAILED' as const },
  }));
  return {
    ...clean,
    operations: [...clean.operations, ...own],
    events: [...clean.events, ...events],
    rollouts: [{ ...ROLLOUT, ...rollout }],
  };
}

const KEY = `rollout-${ID}-commit-1`;
const CASES: [name: string, history: RunHistory][] = [
  ['step of a rollout begun twice', historyOf({}, IDS, [KEY, KEY])],
  ['target of a rollout lost', historyOf({ state: 'RUNNING' })],
  ['target of a rollout lost', historyOf({ targets: 2 })],
  ['target of a rollout lost', historyOf({ rows: [{ ...ROW, state: 'PENDING' }] })],
  ['counts or journal of a rollout', historyOf({ recount: [] })],
  ['counts or journal of a rollout', historyOf({ lastSeq: 4 })],
  ['event of a rollout missing or out of order', historyOf({}, IDS.slice(0, 2))],
  ['event of a rollout missing or out of order', historyOf({}, [IDS[0] ?? '', IDS[2] ?? ''])],
  ['event of a rollout missing or out of order', historyOf({}, IDS.toReversed())],
];

const found = (history: RunHistory) =>
  Object.entries(check(history)).flatMap(([name, all]) =>
    all.length > 0 && / rollout/.test(name) ? [name] : [],
  );

it('A rollout whose events were sent twice is correct', () => {
  expect(found(historyOf({}, [...IDS, ...IDS]))).toEqual([]);
});

it('A restore leaves one gap in the journal of a rollout, not two', () => {
  const journal = [1, 2, 8].map((seq) => ({ seq, type: 'CREATED' }));
  const restored = (lastSeq: number) => {
    const history = historyOf({ journal, lastSeq });
    history.faults.push({ name: RESTORED, target: 'PostgreSQL', from: 1, to: 2 });
    return found(history);
  };
  expect(restored(8)).toEqual([]);
  expect(restored(9)).toEqual(['counts or journal of a rollout']);
});

it.each(CASES)('Only the check "%s" finds its error', (name, history) => {
  expect(found(history)).toEqual([name]);
});

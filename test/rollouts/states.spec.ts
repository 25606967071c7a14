import { describe, expect, it } from '@jest/globals';
import type { ListRolloutTargetsResponse, RolloutPlan } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { rolloutCalls, SPEC } from './rollout-calls.js';

const { gateway, database } = useSharedGateway();
const { rpc, inState, stored, journal } = rolloutCalls(gateway, database);

const STATES = ['DRAFT', 'RUNNING', 'PAUSED', 'CANCELLING', 'CANCELLED', 'COMPLETED'] as const;
const SUBMIT = 'ROLLOUT_GATE_TYPE_SUBMIT';

/** Section 3 of the design: the state after each call; `no` if it is refused, `=` if nothing changes. */
const UPDATE = { spec: { maxInFlight: 7 }, updateMask: 'maxInFlight' };
const ADDED = { targets: [{ appid: `wx${'a'.repeat(16)}` }] };
const TABLE: [Parameters<typeof rpc>[0], object, string[]][] = [
  ['updateRollout', UPDATE, ['DRAFT', 'RUNNING', 'PAUSED', 'no', 'no', 'no']],
  ['addRolloutTargets', ADDED, ['DRAFT', 'no', 'no', 'no', 'no', 'no']],
  ['getRolloutPlan', {}, ['plan', 'no', 'no', 'no', 'no', 'no']],
  ['startRollout', {}, ['RUNNING', '=', '=', 'no', 'no', '=']],
  ['pauseRollout', {}, ['no', 'PAUSED', '=', 'no', 'no', 'no']],
  ['resumeRollout', {}, ['no', '=', 'RUNNING', 'no', 'no', 'no']],
  ['advanceRollout', { gate: SUBMIT, wave: 1 }, ['no', 'RUNNING', 'PAUSED', 'no', 'no', 'no']],
  ['cancelRollout', {}, ['CANCELLED', 'CANCELLING', 'CANCELLING', '=', '=', 'no']],
  ['retryRollout', {}, ['no', 'RUNNING', 'PAUSED', 'no', 'no', 'RUNNING']],
  ['skipRolloutTargets', { filter: { wave: 1 } }, ['=', 'RUNNING', 'PAUSED', 'no', 'no', 'no']],
];

describe('Rollouts', () => {
  it.each(
    TABLE.flatMap(([call, fields, row]) =>
      STATES.map((from, i) => ({ call, from, to: row[i] ?? '', fields })),
    ),
  )('Calling $call in state $from gives $to', async ({ call, from, to, fields }) => {
    const { id } = await inState(from);
    const before = await stored(id);
    const called = rpc(call, { id, ...fields });
    if (to === 'no') {
      const { code, reason, metadata } = await refusalOf(called);
      expect({ code, reason, state: metadata.state }).toEqual({
        code: 'FAILED_PRECONDITION',
        reason: 'ROLLOUT_STATE',
        state: from,
      });
      expect(await stored(id)).toEqual(before);
      return;
    }
    if (to === 'plan') {
      expect(await called).toMatchObject({ waveTargets: [3], submissions: 3 });
      return;
    }
    expect(await called).toMatchObject({ state: `ROLLOUT_STATE_${to === '=' ? from : to}` });
    const after = await stored(id);
    if (to === '=') expect(after).toEqual(before);
    else {
      const entries = await journal(id);
      expect(entries.map(({ seq }) => Number(seq))).toEqual(entries.map((_, i) => i + 1));
      expect(after).toMatchObject({ state: to, last_seq: String(entries.length) });
      expect(Number(after.version)).toBe(Number(before.version) + 1);
      if (!['CANCELLED', 'DRAFT'].includes(to)) expect(after.next_turn_at).toBeInstanceOf(Date);
    }
  });

  it('RetryRollout of a COMPLETED rollout begins a new tally, so that no stop rule fires at once', async () => {
    const { id } = await inState('COMPLETED');
    await database.rows(
      `update rollouts set tally = '{"COMMIT": {"passed": 0, "failed": 3, "inDoubtBefore": 0}}' where id = $1`,
      [id],
    );
    await rpc('retryRollout', { id });
    expect((await stored(id)).tally).toEqual({});
  });

  it.each(STATES)('A rollback of a rollout in state %s cancels it if it runs', async (from) => {
    const first = await inState(from, 5);
    const [one, two] = await database.rows(
      `update rollout_targets set operation_id = uuidv7() where rollout_id = $1 and position in (2, 4) returning appid`,
      [first.id],
    );
    const request = { id: first.id, requestId: `back-${first.id}`, reason: 'crashes' };
    if (from === 'DRAFT') {
      expect(await refusalOf(rpc('rollbackRollout', request))).toMatchObject({ reason: 'ROLLOUT_STATE' });
      return;
    }
    const second = await rpc('rollbackRollout', request);
    expect(second).toMatchObject({
      state: 'ROLLOUT_STATE_RUNNING',
      rollbackOf: first.id,
      targets: 2,
      counts: [{ step: 'ROLLOUT_STEP_ROLL_BACK', state: 'ROLLOUT_TARGET_STATE_PENDING', count: 2 }],
      spec: { userVersion: SPEC.userVersion, rollbackOptions: {} },
    });
    const { targets } = await rpc<ListRolloutTargetsResponse>('listRolloutTargets', { id: second.id });
    expect(targets.map(({ appid }) => appid)).toEqual([one?.appid, two?.appid]);
    const isLive = from === 'RUNNING' || from === 'PAUSED';
    expect(await stored(first.id)).toMatchObject({
      state: isLive ? 'CANCELLING' : from,
      rolled_back_by: second.id,
    });
    const types = (await journal(first.id)).map(({ type }) => type);
    expect(types.slice(2)).toEqual(isLive ? ['ROLLED_BACK', 'CANCEL_REQUESTED'] : ['ROLLED_BACK']);
    expect(await rpc('rollbackRollout', request)).toMatchObject({ id: second.id });
    expect(await refusalOf(rpc('rollbackRollout', { ...request, requestId: 'other' }))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'ROLLOUT_ALREADY_ROLLED_BACK',
    });
  });

  it('A draft rollback cancels the first rollout when it is started', async () => {
    const first = await inState('RUNNING');
    await database.rows('update rollout_targets set operation_id = uuidv7() where rollout_id = $1', [
      first.id,
    ]);
    const { id } = await rpc('rollbackRollout', {
      id: first.id,
      draft: true,
      options: { withdrawAudits: true },
    });
    expect(await stored(first.id)).toMatchObject({ state: 'RUNNING', rolled_back_by: null });
    expect(await rpc('startRollout', { id })).toMatchObject({
      state: 'ROLLOUT_STATE_RUNNING',
      spec: { rollbackOptions: { withdrawAudits: true } },
    });
    expect(await stored(first.id)).toMatchObject({ state: 'CANCELLING', rolled_back_by: id });
  });

  it('The plan of a rollback counts the gray releases that are left behind another version or a later audit', async () => {
    const first = await inState('RUNNING');
    const { targets } = await rpc<ListRolloutTargetsResponse>('listRolloutTargets', { id: first.id });
    const appids = targets.map(({ appid }) => appid);
    await database.rows(
      `insert into audits (audit_id, appid, operation_id, user_version, state, submitted_at)
       select 800 + n, a, uuidv7(), '', 'APPROVED', now() from unnest($1::text[]) with ordinality x (a, n)`,
      [appids],
    );
    await database.rows(
      `update rollout_targets t set operation_id = uuidv7(), gray_share = 10, step = case when position = 1 then 7 else 5 end,
        state = case when position = 1 then 'FAILED' else 'PENDING' end,
        audit_operation_id = (select operation_id from audits where appid = t.appid) where rollout_id = $1`,
      [first.id],
    );
    await database.rows(
      `insert into audits (audit_id, appid, operation_id, user_version, state, submitted_at)
       values (899, $1, uuidv7(), '', 'OPEN', now() + interval '1 s')`,
      [appids[1]],
    );
    const { id } = await rpc('rollbackRollout', { id: first.id, draft: true });
    const { findings } = await rpc<RolloutPlan>('getRolloutPlan', { id });
    expect(findings.find(({ reason }) => reason === 'GRAY_RELEASE_LEFT')).toMatchObject({
      blocking: false,
      targets: 2,
      sampleAppids: appids.slice(0, 2),
    });
  });

  it('A draft rollback gets the targets that begin before its start, unless its targets were chosen', async () => {
    for (const isChosen of [false, true]) {
      const first = await inState('RUNNING');
      const begin = (position: number) =>
        database.rows(
          'update rollout_targets set operation_id = uuidv7() where rollout_id = $1 and position = $2',
          [first.id, position],
        );
      const targetsOf = async (id: string) =>
        (await rpc<ListRolloutTargetsResponse>('listRolloutTargets', { id })).targets;
      const [one, two, three] = await targetsOf(first.id);
      await begin(2);
      const { id } = await rpc('rollbackRollout', { id: first.id, draft: true });
      await rpc('updateRollout', { id, spec: { maxInFlight: 7 }, updateMask: 'maxInFlight' });
      if (isChosen) await rpc('addRolloutTargets', { id, targets: [{ appid: three?.appid }] });
      await begin(1);
      const plan = await rpc<object>('getRolloutPlan', { id });
      await begin(3);
      const started = await rpc('startRollout', { id });
      const appids = (await targetsOf(id)).map(({ appid }) => appid);
      const begun = isChosen ? [two, three] : [two, one, three];
      expect(appids).toEqual(begun.map((target) => target?.appid));
      expect(plan).toMatchObject({ waveTargets: [2] });
      expect(started).toMatchObject({ targets: begun.length, counts: [{ count: begun.length }] });
    }
  });

  it('A started rollout refuses a change of another field and names the field', async () => {
    const { id } = await inState('PAUSED');
    const request = { id, spec: { name: 'x' }, updateMask: 'maxInFlight,name' };
    const { reason, metadata } = await refusalOf(rpc('updateRollout', request));
    expect({ reason, ...metadata }).toMatchObject({
      reason: 'ROLLOUT_STATE',
      state: 'PAUSED',
      field: 'name',
    });
  });

  it('A change records its caller, its person and its reason in the journal and in the audit trail', async () => {
    const { id } = await inState('RUNNING');
    await rpc('pauseRollout', { id, onBehalfOf: 'Ada', reason: 'too many complaints' });
    expect((await journal(id)).at(-1)).toMatchObject({
      type: 'PAUSED',
      on_behalf_of: 'Ada',
      reason: 'too many complaints',
      published: false,
      done: true,
    });
    const [row] = await database.rows(
      `select * from trail where action = 'rollout.paused' and detail ->> 'rollout_id' = $1`,
      [id],
    );
    expect(row).toMatchObject({
      on_behalf_of: 'Ada',
      detail: { rollout_id: id, reason: 'too many complaints' },
    });
    expect(await rpc('getRollout', { id })).toMatchObject({
      pauseCause: 'ROLLOUT_PAUSE_CAUSE_REQUESTED',
      pauseDetail: 'too many complaints',
    });
  });

  it('A started rollout has its waves, and counts that are those of its targets', async () => {
    const waves = [{ count: 2 }, { percent: 50 }, { rest: true }];
    const rollout = await inState('RUNNING', 9, { waves });
    const shown = rollout.waves.map(({ wave, targets, counts }) => [
      wave,
      targets,
      ...counts.map(({ count }) => count),
    ]);
    expect(shown).toEqual([
      [1, 2, 2],
      [2, 5, 5],
      [3, 2, 2],
    ]);
    expect(rollout.counts).toMatchObject([
      { step: 'ROLLOUT_STEP_COMMIT', state: 'ROLLOUT_TARGET_STATE_PENDING', count: 9 },
    ]);
    const { targets } = await rpc<ListRolloutTargetsResponse>('listRolloutTargets', { id: rollout.id });
    expect(targets.map(({ wave }) => wave)).toEqual([1, 1, 2, 2, 2, 2, 2, 3, 3]);
  });

  it('A call that waits 6 s for a turn of the rollout fails with STORE_UNAVAILABLE and changes nothing', async () => {
    const { id } = await inState('RUNNING');
    const release = await database.hold(`select from rollouts where id = '${id}' for update`);
    expect(await refusalOf(rpc('pauseRollout', { id }))).toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await release();
    expect(await stored(id)).toMatchObject({ state: 'RUNNING' });
  });

  it('The 201st live rollout cannot be started, also as a rollback, unless it takes the place of a live one', async () => {
    const { id } = await inState('DRAFT');
    const [live, other, ended] = [
      await inState('PAUSED'),
      await inState('RUNNING'),
      await inState('COMPLETED'),
    ];
    await database.rows('update rollout_targets set operation_id = uuidv7() where rollout_id = $1', [
      other.id,
    ]);
    const draft = await rpc('rollbackRollout', { id: other.id, draft: true });
    await database.rows(
      `insert into rollouts (id, caller, request_id, request_hash, spec, state, last_turn_at, created_at, updated_at)
       select uuidv7(), 'x', n::text, '', '{}', 'PAUSED', now(), now(), now()
       from generate_series(1, 200 - (select count(*) from rollouts where state in ('RUNNING', 'PAUSED', 'CANCELLING'))::int) n`,
    );
    expect(await refusalOf(rpc('startRollout', { id }))).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_ROLLOUTS',
    });
    const rollback = (rollout: { id: string }) => rpc('rollbackRollout', { id: rollout.id });
    expect(await refusalOf(rollback(ended))).toMatchObject({ reason: 'TOO_MANY_ROLLOUTS' });
    expect(await rollback(live)).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
    expect(await rpc('startRollout', { id: draft.id })).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
    await database.rows(`delete from rollouts where caller = 'x'`);
    expect(await rollback(ended)).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
    expect(await rpc('startRollout', { id })).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
  });

  it('An advance opens the gates of all earlier waves, and with wave 0 the first closed one', async () => {
    const waves = Array.from({ length: 4 }, () => ({ count: 1 }));
    const { id } = await inState('RUNNING', 4, { waves });
    const advance = (wave: number) => rpc('advanceRollout', { id, gate: SUBMIT, wave });
    await advance(2);
    await advance(2);
    const rollout = await advance(0);
    expect(rollout.waves.map(({ submitOpenTime }) => submitOpenTime !== undefined)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    const opened = (await journal(id)).filter(({ type }) => type === 'GATE_OPENED');
    expect(opened.map(({ wave, gate }) => [wave, gate])).toEqual([
      [1, 'SUBMIT'],
      [2, 'SUBMIT'],
      [3, 'SUBMIT'],
    ]);
    expect(await refusalOf(advance(5))).toMatchObject({
      reason: 'INVALID_REQUEST',
      violations: [{ field: 'wave' }],
    });
  });
});

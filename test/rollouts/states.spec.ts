import { describe, expect, it } from '@jest/globals';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { rolloutCalls, SPEC } from './rollout-calls.js';

const { gateway, database } = useSharedGateway();
const { rpc, set, setTargets, inState, stored, journal, targetsOf } = rolloutCalls(gateway, database);

/** Gives targets an operation. */
const begin = (id: string, where?: string) => setTargets(id, 'operation_id = uuidv7()', where);

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
  ['closeRollout', {}, ['no', 'no', 'no', 'no', 'no', 'no']],
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
      const refused = { code: 'FAILED_PRECONDITION', reason: 'ROLLOUT_STATE', metadata: { state: from } };
      expect(await refusalOf(called)).toMatchObject(refused);
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
    await set(id, `tally = '{"COMMIT": {"passed": 0, "failed": 3, "inDoubtBefore": 0}}'`);
    await rpc('retryRollout', { id });
    expect((await stored(id)).tally).toEqual({});
  });

  it.each(STATES)('A rollback of a rollout in state %s cancels it if it runs', async (from) => {
    const first = await inState(from, 5);
    await begin(first.id, 'position in (2, 4)');
    const [, one, , two] = (await targetsOf(first.id)).map(({ appid }) => ({ appid }));
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
    expect(await targetsOf(second.id)).toMatchObject([one, two]);
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

  it('The plan of a rollback counts the gray releases that are left behind another version or a later audit', async () => {
    const first = await inState('RUNNING');
    const appids = (await targetsOf(first.id)).map(({ appid }) => appid);
    await database.rows(
      `insert into audits (audit_id, appid, operation_id, user_version, state, submitted_at)
       select 800 + n, a, uuidv7(), '', 'APPROVED', now() from unnest($1::text[]) with ordinality x (a, n)`,
      [appids],
    );
    await begin(first.id);
    await setTargets(
      first.id,
      `gray_share = 10, step = case when position = 1 then 7 else 5 end,
       state = case when position = 1 then 'FAILED' else 'PENDING' end,
       audit_operation_id = (select operation_id from audits where appid = rollout_targets.appid)`,
    );
    await database.rows(
      `insert into audits (audit_id, appid, operation_id, user_version, state, submitted_at)
       values (899, $1, uuidv7(), '', 'OPEN', now() + interval '1 s')`,
      [appids[1]],
    );
    const { id } = await rpc('rollbackRollout', { id: first.id, draft: true });
    const { findings } = await rpc('getRolloutPlan', { id });
    expect(findings.find(({ reason }) => reason === 'GRAY_RELEASE_LEFT')).toMatchObject({
      blocking: false,
      targets: 2,
      sampleAppids: appids.slice(0, 2),
    });
  });

  it.each([false, true])(
    'A draft rollback cancels the first rollout when it is started, and has the targets that began before, unless its targets were chosen (%s)',
    async (isChosen) => {
      const first = await inState('RUNNING');
      const [one, two, three] = (await targetsOf(first.id)).map(({ appid }) => ({ appid }));
      await begin(first.id, 'position = 2');
      const rollbackOptions = { withdrawAudits: true };
      const draft = { id: first.id, draft: true, options: rollbackOptions };
      const { id } = await rpc('rollbackRollout', draft);
      await rpc('updateRollout', { id, spec: { maxInFlight: 7 }, updateMask: 'maxInFlight' });
      if (isChosen) await rpc('addRolloutTargets', { id, targets: [three] });
      await begin(first.id, 'position = 1');
      expect(await rpc('getRolloutPlan', { id })).toMatchObject({ waveTargets: [2] });
      await begin(first.id, 'position = 3');
      expect(await stored(first.id)).toMatchObject({ state: 'RUNNING', rolled_back_by: null });
      const begun = isChosen ? [two, three] : [two, one, three];
      expect(await rpc('startRollout', { id })).toMatchObject({
        ...{ state: 'ROLLOUT_STATE_RUNNING', spec: { rollbackOptions } },
        ...{ targets: begun.length, counts: [{ count: begun.length }] },
      });
      expect(await targetsOf(id)).toMatchObject(begun);
      expect(await stored(first.id)).toMatchObject({ state: 'CANCELLING', rolled_back_by: id });
    },
  );

  it('A started rollout refuses a change of another field and names it, and an advance a wave that it does not have', async () => {
    const { id } = await inState('PAUSED');
    const renamed = rpc('updateRollout', { id, spec: { name: 'x' }, updateMask: 'maxInFlight,name' });
    const metadata = { state: 'PAUSED', field: 'name' };
    expect(await refusalOf(renamed)).toMatchObject({ reason: 'ROLLOUT_STATE', metadata });
    const advanced = rpc('advanceRollout', { id, gate: SUBMIT, wave: 5 });
    expect(await refusalOf(advanced)).toMatchObject({ violations: [{ field: 'wave' }] });
  });

  it('A change records its caller, its person and its reason in the journal and in the audit trail', async () => {
    const { id } = await inState('RUNNING');
    const reason = 'too many complaints';
    await rpc('pauseRollout', { id, onBehalfOf: 'Ada', reason });
    const [entry] = (await journal(id)).slice(-1);
    expect(entry).toMatchObject({ type: 'PAUSED', on_behalf_of: 'Ada', reason, published: false });
    const trail = `select * from trail where action = 'rollout.paused' and detail ->> 'rollout_id' = $1`;
    expect(await database.rows(trail, [id])).toMatchObject([{ on_behalf_of: 'Ada', detail: { reason } }]);
    const shown = { pauseCause: 'ROLLOUT_PAUSE_CAUSE_REQUESTED', pauseDetail: reason };
    expect(await rpc('getRollout', { id })).toMatchObject(shown);
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
    const [live, other] = [await inState('PAUSED'), await inState('RUNNING')];
    const ended = await inState('COMPLETED');
    await begin(other.id);
    const draft = await rpc('rollbackRollout', { id: other.id, draft: true });
    await database.rows(
      `insert into rollouts (id, caller, request_id, request_hash, spec, state, last_turn_at, created_at, updated_at)
       select uuidv7(), 'x', n::text, '', '{}', 'PAUSED', now(), now(), now()
       from generate_series(1, 200 - (select count(*) from rollouts where state in ('RUNNING', 'PAUSED', 'CANCELLING'))::int) n`,
    );
    const start = (rollout: { id: string }) => rpc('startRollout', { id: rollout.id });
    const rollback = (rollout: { id: string }) => rpc('rollbackRollout', { id: rollout.id });
    const refused = { code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_ROLLOUTS' };
    for (const call of await Promise.all([start({ id }), rollback(ended)].map(refusalOf)))
      expect(call).toMatchObject(refused);
    for (const rollout of await Promise.all([rollback(live), start(draft)]))
      expect(rollout).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
    await database.rows(`delete from rollouts where caller = 'x'`);
    for (const rollout of await Promise.all([rollback(ended), start({ id })]))
      expect(rollout).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
  });
});

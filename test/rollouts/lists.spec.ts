import { describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';
import { byLength } from '../length.js';
import { readMetric } from '../metrics/exposition.js';
import { listed, newAppids, rolloutCalls, SPEC } from './rollout-calls.js';

const { gateway, database } = useGateway({ GRPC_MAX_WATCH_STREAMS: '2' });
const { rpc, create, set, setTargets, inState, stored, targetsOf, watch } = rolloutCalls(gateway, database);

describe('Lists of rollouts', () => {
  it('Pages of targets follow each other, by position or by state, and a token is bound to its filter', async () => {
    const { id } = await inState('RUNNING', 7);
    await setTargets(id, `state = 'SUCCEEDED'`, 'position % 2 = 0');
    const states = ['ROLLOUT_TARGET_STATE_PENDING', 'ROLLOUT_TARGET_STATE_SUCCEEDED'];
    for (const filter of [{}, { states }]) {
      const positions: number[] = [];
      let pageToken = '';
      do {
        const request = { id, filter, pageSize: 2, pageToken };
        const page = await rpc('listRolloutTargets', request);
        positions.push(...page.targets.map(({ position }) => position));
        pageToken = page.nextPageToken;
        if (pageToken === '') break;
        const foreign = { ...request, filter: { wave: 1 }, pageToken };
        expect(await refusalOf(rpc('listRolloutTargets', foreign))).toMatchObject({
          violations: [{ field: 'page_token' }],
        });
      } while (pageToken !== '');
      expect(positions).toEqual('states' in filter ? [1, 3, 5, 7, 2, 4, 6] : [1, 2, 3, 4, 5, 6, 7]);
    }
  });

  it('A draft with U+0000 in its specification, which gateways accepted before, is listed', async () => {
    const { id } = await create();
    const label = String.raw`[backslash \\u0000]`;
    const extJson = String.raw`{"a":"\u0000"}`;
    const spec = { ...SPEC, waves: [{ label: `\u0000${label}\u0000` }], extJson };
    await set(id, 'spec = $2', JSON.stringify(spec));
    const { rollouts } = await rpc('listRollouts', {});
    const shown = { extJson: '', waves: [{ size: { value: label } }] };
    expect(rollouts.find((each) => each.id === id)?.spec).toMatchObject(shown);
    await rpc('cancelRollout', { id });
  });

  it('Failures are grouped by cause, and the fields of a group select exactly its targets', async () => {
    const { id } = await inState('RUNNING', 8);
    const end = (where: string, state: string, step: number, reason: string, more = 'errcode = null') =>
      setTargets(id, `state = '${state}', step = ${step}, reason = '${reason}', ${more}`, where);
    const error = `error = '{"reason":"AUDIT_REJECTED","hint":"Correct it."}'`;
    await end('position <= 3', 'FAILED', 4, 'AUDIT_REJECTED', `error_title = 'bad name', ${error}`);
    await end('position in (4, 5)', 'FAILED', 1, 'WECHAT_ERROR', 'errcode = 85013');
    await end('position = 6', 'FAILED', 1, 'WECHAT_ERROR', 'errcode = 86007');
    await end('position = 8', 'SKIPPED', 1, 'NOT_AUTHORIZED');
    const { failures } = await rpc('listRolloutFailures', { id });
    const FAILED = { state: 'ROLLOUT_TARGET_STATE_FAILED' };
    const rejected = { reason: 'AUDIT_REJECTED', title: 'bad name', errcode: 0, hint: 'Correct it.' };
    expect(failures).toMatchObject([
      { ...FAILED, ...rejected, count: 3 },
      { ...FAILED, errcode: 85013, count: 2 },
      { ...FAILED, errcode: 86007, count: 1 },
      { state: 'ROLLOUT_TARGET_STATE_SKIPPED', reason: 'NOT_AUTHORIZED', count: 1 },
    ]);
    for (const { state, step, reason, errcode, title, sampleAppids } of failures) {
      const selected = await targetsOf(id, { states: [state], steps: [step], reason, errcode, title });
      expect(selected.map(({ appid }) => appid).toSorted()).toEqual(sampleAppids.toSorted());
    }
  });

  it('The history counts ended targets and their last audits by the minute, and by the hour in a rollout of days', async () => {
    const { id } = await inState('RUNNING', 3);
    const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes));
    const started = (hours: number) => set(id, 'started_at = now() - make_interval(hours => $2)', hours);
    await started(1);
    await database.rows(
      `with audit as (
        insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at)
        select uuidv7(), appid, 77000 + position, '1', case position when 3 then 'OPEN' else 'APPROVED' end, $2::timestamptz,
          case when position < 3 then $3::timestamptz end from rollout_targets where rollout_id = $1
        returning operation_id, appid)
      update rollout_targets t set audit_operation_id = a.operation_id, updated_at = $4,
        state = (array['SUCCEEDED', 'FAILED', 'RUNNING'])[position] from audit a where a.appid = t.appid and rollout_id = $1`,
      [id, at(0), at(1), at(1)],
    );
    const zero = { submitted: 0, decided: 0, succeeded: 0, failed: 0 };
    const history = () => rpc('listRolloutHistory', { id });
    expect(await history()).toMatchObject({
      interval: { seconds: 60n },
      points: [
        { ...zero, time: at(0), submitted: 3 },
        { ...zero, time: at(1), decided: 2, succeeded: 1, failed: 1 },
      ],
    });
    await started(100);
    expect(await history()).toMatchObject({
      interval: { seconds: 3600n },
      points: [{ time: at(0), submitted: 3, decided: 2, succeeded: 1, failed: 1 }],
    });
  });

  it('Rollouts are listed newest first, without waves and ext_json, by state and by mini-program', async () => {
    const older = await inState('PAUSED');
    const newer = await inState('PAUSED', 2, { extJson: '{"ext":{}}' });
    const [target] = await targetsOf(older.id);
    const list = async (request: object) => (await rpc('listRollouts', request)).rollouts;
    const spec = { extJson: '', name: SPEC.name };
    expect(await list({ states: ['ROLLOUT_STATE_PAUSED'], pageSize: 2 })).toMatchObject([
      { id: newer.id, waves: [], spec, counts: [{ count: 2 }] },
      { id: older.id },
    ]);
    expect(await list({ appid: target?.appid })).toMatchObject([{ id: older.id }]);
    const { nextPageToken } = await rpc('listRollouts', { pageSize: 1 });
    expect(await list({ pageSize: 1, pageToken: nextPageToken })).toMatchObject([{ id: older.id }]);
  });

  it('A target is returned with its operations, and an appid that is not in the rollout is not found', async () => {
    const [appid = '', foreign = ''] = newAppids(2);
    const { id } = await create({ selection: listed([appid]) });
    await database.rows(
      `insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent, rollout_id)
       values (uuidv7(), $1, 'r1', '', 'Commit', true, '{}', now(), '', $2), (uuidv7(), $1, 'r2', '', 'Commit', true, '{}', now(), '', null)`,
      [appid, id],
    );
    expect(await rpc('getRolloutTarget', { id, appid })).toMatchObject({
      appid,
      operations: [{ requestId: 'r1' }],
    });
    expect(await refusalOf(rpc('getRolloutTarget', { id, appid: foreign }))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'ROLLOUT_TARGET_NOT_FOUND',
    });
  });
});

describe('WatchRollout', () => {
  const openStreams = () => readMetric(gateway.http, 'wxa_watch_streams');

  it('A stream shows the rollout as it is, each change within a second, and ends once the rollout has ended', async () => {
    const { id } = await inState('RUNNING', 2, { extJson: '{"ext":{}}' });
    const { seen, ended, last } = watch(id);
    await eventually(() => expect(last()).toBe('ROLLOUT_STATE_RUNNING'));
    await rpc('pauseRollout', { id });
    const limitMs = byLength({ short: 60_000, long: 1_000 });
    await eventually(() => expect(last()).toBe('ROLLOUT_STATE_PAUSED'), limitMs);
    await set(id, `state = 'COMPLETED', version = version + 1, latest = '{2,9,1}'`);
    expect(await ended).toBe(undefined);
    expect(last()).toBe('ROLLOUT_STATE_COMPLETED');
    expect(seen).toHaveLength(3);
    expect(seen.at(-1)).toMatchObject({
      rollout: { spec: { extJson: '' } },
      latest: [{ position: 2 }, { position: 1 }],
    });
  });

  it('A stream of a rollout that has ended ends after one message, and an unknown id is not found', async () => {
    const { id } = await inState('CANCELLED');
    const { seen, ended } = watch(id);
    expect(await ended).toBe(undefined);
    expect(seen).toHaveLength(1);
    expect(await watch('01999999-9999-7999-8999-999999999999').ended).toBe('ROLLOUT_NOT_FOUND');
  });

  it('A stream beyond the limit fails with TOO_MANY_WATCHERS, and wxa_watch_streams counts the others', async () => {
    const { id } = await inState('RUNNING');
    const open = [watch(id), watch(id)];
    for (const { seen } of open) await eventually(() => expect(seen).toHaveLength(1));
    expect(await watch(id).ended).toBe('TOO_MANY_WATCHERS');
    expect(await openStreams()).toBe(2);
    for (const { stop } of open) stop();
    await eventually(async () => (await openStreams()) === 0);
  });
});

it('A limit of a caller that is left from a policy is lifted by a gateway without one', async () => {
  const { id } = await inState('RUNNING');
  await set(id, 'acting_unfinished = 1');
  await eventually(async () => (await stored(id)).acting_unfinished === null);
});

import { describe, expect, it } from '@jest/globals';
import { METHODS } from '@wxa/contracts';
import { STEP_NUMBERS } from '@wxa/rollouts/core';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { listed, newAppids, rolloutCalls, SPEC } from './rollout-calls.js';

const { gateway, database } = useSharedGateway('component');
const { rpc, create, setTargets, stored, targetsOf } = rolloutCalls(gateway, database);

describe('CreateRollout', () => {
  it('A repeat returns the first rollout, and other content under its request_id is refused', async () => {
    const request = { requestId: 'october', selection: listed(newAppids(2)) };
    const first = await create(request);
    expect(await create(request)).toEqual(first);
    expect(await refusalOf(create({ ...request, reason: 'other' }))).toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'REQUEST_ID_REUSED',
    });
  });

  it('Duplicates and excepted appids are left out, and the order stays', async () => {
    const [a = '', b = '', c = ''] = newAppids(3);
    const { id, targets } = await create({ selection: { ...listed([c, a, b, c, a]), exceptAppids: [b] } });
    expect(targets).toBe(2);
    expect(await targetsOf(id)).toMatchObject([{ appid: c }, { appid: a }]);
  });

  it('all_authorized selects the authorized mini-programs with permission set 18 by appid', async () => {
    const [a = '', b = '', c = '', d = '', e = ''] = newAppids(5);
    await database.rows(
      `insert into authorizers (appid, state, permission_sets) values
       ($2, 'AUTHORIZED', '{1,18}'), ($1, 'AUTHORIZED', '{18}'), ($3, 'AUTHORIZED', '{17}'), ($4, 'UNAUTHORIZED', '{18}'),
       ($5, 'AUTHORIZED', '{18}')`,
      [a, b, c, d, e],
    );
    const { id } = await create({ selection: { allAuthorized: true, exceptAppids: [e] } });
    const ofThese = (await targetsOf(id)).filter(({ appid }) => [a, b, c, d, e].includes(appid));
    expect(ofThese.map(({ appid }) => appid)).toEqual([a, b]);
  });

  it.each<[string, object]>([
    ['request_id', { requestId: 'x'.repeat(65) }],
    ['spec', { spec: undefined }],
    ['spec.name', { spec: { ...SPEC, name: '' } }],
    ['spec.rollback_options', { spec: { ...SPEC, rollbackOptions: {} } }],
    ['selection', { selection: {} }],
    ['selection.appids', { selection: listed([]) }],
    ['selection.appids[1]', { selection: listed([...newAppids(1), 'wx1']) }],
    ['selection.labels', { selection: { labels: { labels: [] } } }],
    ['selection.all_authorized', { selection: { allAuthorized: false } }],
    ['selection.except_appids[0]', { selection: { ...listed(newAppids(1)), exceptAppids: ['x'] } }],
    ['start', { start: true }],
    ['on_behalf_of', { onBehalfOf: 'x'.repeat(201) }],
    ['reason', { reason: 'x'.repeat(2001) }],
  ])('A request with an invalid %s is refused and nothing is created', async (field, request) => {
    const refused = await refusalOf(create(request));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(refused.violations.map((violation) => violation.field)).toContain(field);
  });
});

describe('StartRollout', () => {
  it('A draft without targets is refused, and so is one whose template is missing in the library as it was listed last', async () => {
    const refused = (findings: string) => ({ reason: 'ROLLOUT_PLAN_REFUSED', metadata: { findings } });
    const start = async (selection?: object) => rpc('startRollout', { id: (await create({ selection })).id });
    expect(await refusalOf(start())).toMatchObject(refused('NO_TARGETS'));
    const insert = (method: string, result: string | null) =>
      database.rows(
        `insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent, state,
           ended_at, result) values (uuidv7(), 'platform', $1, '', $1, false, '{}', now(), '', 'SUCCEEDED', now(), $2)`,
        [method, result],
      );
    await insert('ListTemplates', '{"templates":[{"templateId":"6"}]}');
    expect(await refusalOf(start(listed(newAppids(1))))).toMatchObject(refused('TEMPLATE_UNKNOWN'));
    await insert('AddTemplate', null);
    expect(await start(listed(newAppids(1)))).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
  });

  it('Waves of labels take what earlier waves have left, and the last wave takes the rest', async () => {
    const appids = newAppids(6);
    await database.rows(
      `insert into authorizers (appid, state, permission_sets, labels)
       select a, 'AUTHORIZED', '{18}', case when n % 2 = 0 then '{even,all}'::text[] else '{all}' end
       from unnest($1::text[]) with ordinality as s(a, n)`,
      [appids],
    );
    const waves = [{ count: 2 }, { label: 'even' }, { count: 1 }];
    const selection = { labels: { labels: ['all'] } };
    const { id } = await create({ spec: { ...SPEC, waves }, selection, start: true });
    expect((await targetsOf(id)).map(({ wave }) => wave)).toEqual([1, 1, 3, 2, 3, 2]);
  });
});

describe('AddRolloutTargets', () => {
  it('New targets follow the earlier ones, and earlier ones get the new overrides', async () => {
    const [a = '', b = '', c = ''] = newAppids(3);
    const spec = { ...SPEC, extJson: '{"ext":{"a":1,"b":2}}' };
    const { id } = await create({ spec, selection: listed([a]) });
    const targets = [{ appid: b }, { appid: a, extPatchJson: '{"ext":{"b":null}}' }, { appid: c }];
    for (const _ of ['first', 'repeated'])
      expect(await rpc('addRolloutTargets', { id, targets })).toMatchObject({ targets: 3 });
    const withExt = (appid: string, ext: string) => ({
      ...{ appid, commit: { extConfig: { value: `{"ext":${ext},"extAppid":"${appid}"}` } } },
    });
    expect(await targetsOf(id)).toMatchObject([
      withExt(a, '{"a":1}'),
      withExt(b, '{"a":1,"b":2}'),
      withExt(c, '{"a":1,"b":2}'),
    ]);
  });

  it('Explicit waves come first, then the sizes, and a removed target frees its place', async () => {
    const appids = newAppids(6);
    const waves = [{ count: 2 }, { rest: true }];
    const { id } = await create({ spec: { ...SPEC, waves }, selection: listed(appids) });
    await rpc('addRolloutTargets', { id, targets: [{ appid: appids[0], wave: 2 }] });
    await rpc('skipRolloutTargets', { id, filter: { appids: [appids[1]] } });
    expect(await rpc('getRolloutPlan', { id })).toMatchObject({ waveTargets: [2, 3] });
    const placed = (await targetsOf(id)).map(({ position, wave }) => `${position} in ${wave}`);
    expect(placed).toEqual(['1 in 2', '3 in 1', '4 in 1', '5 in 2', '6 in 2']);
  });

  it('A plan after new overrides writes only the targets whose wave changes', async () => {
    const appids = newAppids(6);
    const waves = [{ count: 2 }, { count: 1 }, { rest: true }];
    const { id } = await create({ spec: { ...SPEC, waves }, selection: listed(appids) });
    const plan = async () => (await rpc('getRolloutPlan', { id })).waveTargets;
    const versions = () =>
      database.rows('select xmin from rollout_targets where rollout_id = $1 order by position', [id]);
    expect(await plan()).toEqual([2, 1, 3]);
    await rpc('addRolloutTargets', { id, targets: [{ appid: appids[0], extPatchJson: '{}' }] });
    const before = await versions();
    expect(await plan()).toEqual([2, 1, 3]);
    expect(await versions()).toEqual(before);
    await rpc('addRolloutTargets', { id, targets: [{ appid: appids[5], wave: 1 }] });
    const [first, second, ...others] = await versions();
    expect(await plan()).toEqual([3, 1, 2]);
    const after = await versions();
    expect(after.slice(0, 5)).toEqual([first, second, ...others.slice(0, 3)]);
    expect((await targetsOf(id)).map(({ wave }) => wave)).toEqual([1, 1, 2, 3, 3, 1]);
    await rpc('addRolloutTargets', { id, targets: [{ appid: appids[5] }] });
    expect(await plan()).toEqual([2, 1, 3]);
  });

  it('Invalid targets are refused together and named by their index', async () => {
    const { id } = await create();
    const [appid] = newAppids(1);
    const targets = [{ appid }, { appid, wave: 2 }, { appid: 'x', extPatchJson: '[]' }];
    const { violations } = await refusalOf(rpc('addRolloutTargets', { id, targets }));
    expect(violations.map(({ field }) => field)).toEqual([
      'targets[1].wave',
      'targets[1].appid',
      'targets[2].appid',
      'targets[2].ext_patch_json',
    ]);
    const many = rpc('addRolloutTargets', { id, targets: newAppids(5_001).map((each) => ({ appid: each })) });
    expect(await refusalOf(many)).toMatchObject({ violations: [{ field: 'targets' }] });
  });
});

describe('UpdateRollout', () => {
  it('A rollout has the max_in_flight that is in force: 200 if none was given, or if it was cleared', async () => {
    const { id, spec } = await create();
    expect(spec?.maxInFlight).toBe(200);
    for (const [given, inForce] of [
      [7, 7],
      [0, 200],
    ]) {
      const update = { id, spec: { maxInFlight: given }, updateMask: 'max_in_flight' };
      expect((await rpc('updateRollout', update)).spec?.maxInFlight).toBe(inForce);
    }
    expect((await rpc('getRollout', { id })).spec?.maxInFlight).toBe(200);
  });

  it('A draft gets the fields of the mask, and those that are not set are cleared', async () => {
    const { id } = await create({ selection: listed(newAppids(3)) });
    const spec = { firstStep: 'ROLLOUT_STEP_CHECK', waves: [{ count: 1 }, { rest: true }] };
    const updated = await rpc('updateRollout', { id, spec, updateMask: 'first_step,waves,userDesc' });
    expect(updated).toMatchObject({
      spec: { name: SPEC.name, firstStep: 'ROLLOUT_STEP_CHECK' },
      counts: [{ step: 'ROLLOUT_STEP_CHECK', count: 3 }],
    });
    expect(await rpc('startRollout', { id })).toMatchObject({ waves: [{ targets: 1 }, { targets: 2 }] });
  });

  it.each<[string, object, object, number]>([
    ['gets', SPEC, { readiness: {} }, STEP_NUMBERS.READINESS],
    ['loses', { ...SPEC, readiness: {} }, {}, STEP_NUMBERS.COMMIT],
  ])(
    'A planned draft that %s readiness starts with counts of its new first step',
    async (_, spec, changed, step) => {
      const { id } = await create({ spec, selection: listed(newAppids(3)) });
      await rpc('getRolloutPlan', { id });
      await rpc('updateRollout', { id, spec: changed, updateMask: 'readiness' });
      await rpc('startRollout', { id });
      const counts = 'select step, state, targets from rollout_counts where rollout_id = $1 and targets > 0';
      expect(await database.rows(counts, [id])).toEqual([{ step, state: 'PENDING', targets: 3 }]);
    },
  );

  it.each<[string, object]>([
    ['update_mask', { spec: { name: 'x' } }],
    ['update_mask', { spec: { name: 'x' }, updateMask: 'nome' }],
    ['spec.name', { spec: {}, updateMask: 'name' }],
    ['spec.waves', { spec: {}, updateMask: 'waves' }],
    ['spec.ext_json', { spec: { extJson: '[]' }, updateMask: 'extJson' }],
  ])('A draft refuses a change with an invalid %s', async (field, request) => {
    const waves = [{ count: 1 }, { rest: true }];
    const { id } = await create({ spec: { ...SPEC, waves } });
    await rpc('addRolloutTargets', { id, targets: [{ appid: newAppids(1)[0], wave: 2 }] });
    const { violations } = await refusalOf(rpc('updateRollout', { id, ...request }));
    expect(violations.map((violation) => violation.field)).toContain(field);
  });
});

describe('GetRolloutPlan', () => {
  it('The plan counts what the database shows about the targets and has samples with their requests', async () => {
    const appids = newAppids(12);
    const [unknown, free, audited, held, doubted, used] = appids;
    await database.rows(
      `insert into authorizers (appid, state, permission_sets)
       select a, 'AUTHORIZED', case a when $2 then '{17}'::int[] else '{18}' end from unnest($1::text[]) a`,
      [appids.slice(1), free],
    );
    await database.rows(
      `insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent, state, ended_at)
       values (uuidv7(), $1, 'd', '', 'Release', true, '{}', now(), '', 'IN_DOUBT', null),
        (uuidv7(), $2, 'c', '', 'Commit', true, json_build_object('userVersion', $3::text), now(), '', 'SUCCEEDED', now())`,
      [doubted, used, SPEC.userVersion],
    );
    await database.rows(
      `insert into audits (audit_id, appid, operation_id, user_version, state, submitted_at)
       values (991, $1, uuidv7(), '', 'OPEN', now())`,
      [audited],
    );
    const other = await create({ selection: listed([held ?? '']) });
    await setTargets(other.id, 'holds_appid = true');
    const { id } = await create({ selection: listed(appids) });
    const plan = await rpc('getRolloutPlan', { id });
    const counted = plan.findings.filter(({ targets }) => targets > 0);
    const of = (reason: string, appid = '') => ({
      reason,
      targets: 1,
      sampleAppids: [appid],
      blocking: false,
    });
    expect(counted).toMatchObject([
      of('NOT_AUTHORIZED', unknown),
      of('NO_PERMISSION_SET_18', free),
      of('OPEN_AUDIT', audited),
      of('OTHER_ROLLOUT', held),
      of('CHANGE_IN_DOUBT', doubted),
      of('VERSION_USED_BEFORE', used),
    ]);
    const commit = { appid: unknown, templateId: 7n, userVersion: SPEC.userVersion };
    const samples = [{ position: 1, commit }, { position: 2 }, { position: 3 }];
    expect(plan).toMatchObject({ waveTargets: [12], submissions: 12, samples });
    expect(await stored(id)).toMatchObject({ state: 'DRAFT', waves_stale: false });
  });

  it('The least time is that of the busiest API at WECHAT_RATE_PER_API of the workers, or at the rate of wxa quota rate', async () => {
    const { id } = await create({ selection: listed(newAppids(100)) });
    const leastTime = async () => Number((await rpc('getRolloutPlan', { id })).leastTime?.seconds);
    expect(await leastTime()).toBe(0);
    await database.rows(
      `insert into instances (id, app, version, methods, rate_per_api) values (uuidv7(), 'release-worker', '1', $1, 10)`,
      [Object.keys(METHODS)],
    );
    // getversioninfo: 3 calls for each target, at 96.5 % of 10 a second.
    expect(await leastTime()).toBe(32);
    await database.rows(`insert into api_limits (api, rate) values ('*', 20)`);
    expect(await leastTime()).toBe(16);
    await database.rows(`delete from api_limits where api = '*'`);
    await database.rows('delete from instances');
  });
});

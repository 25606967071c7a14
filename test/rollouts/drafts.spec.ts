import { describe, expect, it } from '@jest/globals';
import { METHODS, type RolloutPlan } from '@wxa/contracts';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { listed, newAppids, rolloutCalls, SPEC } from './rollout-calls.js';

const { gateway, database } = useSharedGateway('component');
const { rpc, create, stored, targetsOf } = rolloutCalls(gateway, database);

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
    expect((await targetsOf(id)).map(({ appid, position }) => [appid, position])).toEqual([
      [c, 1],
      [a, 2],
    ]);
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

  it('A draft without targets cannot be started', async () => {
    const { id } = await create();
    expect(await refusalOf(rpc('startRollout', { id }))).toMatchObject({
      reason: 'ROLLOUT_PLAN_REFUSED',
      metadata: { findings: 'NO_TARGETS' },
    });
  });
});

describe('StartRollout', () => {
  it('A template that is missing in the library, as it was listed last, is refused until the library changes', async () => {
    const insert = (method: string, result: string | null) =>
      database.rows(
        `insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent, state,
           ended_at, result) values (uuidv7(), 'platform', $1, '', $1, false, '{}', now(), '', 'SUCCEEDED', now(), $2)`,
        [method, result],
      );
    await insert('ListTemplates', '{"templates":[{"templateId":"6"}]}');
    const { id } = await create({ selection: listed(newAppids(1)) });
    expect(await refusalOf(rpc('startRollout', { id }))).toMatchObject({
      reason: 'ROLLOUT_PLAN_REFUSED',
      metadata: { findings: 'TEMPLATE_UNKNOWN' },
    });
    await insert('AddTemplate', null);
    expect(await rpc('startRollout', { id })).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
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
    const { id, targets } = await create({
      spec: { ...SPEC, waves },
      selection: { labels: { labels: ['all'] } },
      start: true,
    });
    expect(targets).toBe(6);
    expect((await targetsOf(id)).map(({ wave }) => wave)).toEqual([1, 1, 3, 2, 3, 2]);
  });
});

describe('AddRolloutTargets', () => {
  it('New targets follow the earlier ones, and earlier ones get the new overrides', async () => {
    const [a = '', b = '', c = ''] = newAppids(3);
    const { id } = await create({
      spec: { ...SPEC, extJson: '{"ext":{"a":1,"b":2}}' },
      selection: listed([a]),
    });
    const targets = [{ appid: b }, { appid: a, extPatchJson: '{"ext":{"b":null}}' }, { appid: c }];
    const added = await rpc('addRolloutTargets', { id, targets });
    expect(added.targets).toBe(3);
    expect(await rpc('addRolloutTargets', { id, targets })).toMatchObject({ targets: 3 });
    const read = await targetsOf(id);
    expect(read.map(({ appid }) => appid)).toEqual([a, b, c]);
    expect(
      read.map(({ commit }) =>
        JSON.parse(commit?.extConfig?.$case === 'extJson' ? commit.extConfig.value : '{}'),
      ),
    ).toEqual([
      { extAppid: a, ext: { a: 1 } },
      { extAppid: b, ext: { a: 1, b: 2 } },
      { extAppid: c, ext: { a: 1, b: 2 } },
    ]);
  });

  it('Explicit waves come first, then the sizes, and a removed target frees its place', async () => {
    const appids = newAppids(6);
    const { id } = await create({
      spec: { ...SPEC, waves: [{ count: 2 }, { rest: true }] },
      selection: listed(appids),
    });
    await rpc('addRolloutTargets', { id, targets: [{ appid: appids[0], wave: 2 }] });
    await rpc('skipRolloutTargets', { id, filter: { appids: [appids[1]] } });
    const plan = await rpc<RolloutPlan>('getRolloutPlan', { id });
    expect(plan.waveTargets).toEqual([2, 3]);
    expect((await targetsOf(id)).map(({ position, wave }) => [position, wave])).toEqual([
      [1, 2],
      [3, 1],
      [4, 1],
      [5, 2],
      [6, 2],
    ]);
  });

  it('A plan after new overrides writes only the targets whose wave changes', async () => {
    const appids = newAppids(6);
    const waves = [{ count: 2 }, { count: 1 }, { rest: true }];
    const { id } = await create({ spec: { ...SPEC, waves }, selection: listed(appids) });
    const plan = async () => (await rpc<RolloutPlan>('getRolloutPlan', { id })).waveTargets;
    const versions = async () =>
      (
        await database.rows('select xmin from rollout_targets where rollout_id = $1 order by position', [id])
      ).map(({ xmin }) => xmin);
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
    const many = { id, targets: newAppids(5_001).map((each) => ({ appid: each })) };
    expect(await refusalOf(rpc('addRolloutTargets', many))).toMatchObject({
      violations: [{ field: 'targets' }],
    });
  });
});

describe('UpdateRollout', () => {
  it('A rollout has the max_in_flight that is in force: 200 if none was given, or if it was cleared', async () => {
    const { id, spec } = await create();
    expect(spec?.maxInFlight).toBe(200);
    const update = (maxInFlight: number) =>
      rpc('updateRollout', { id, spec: { maxInFlight }, updateMask: 'max_in_flight' });
    expect((await update(7)).spec?.maxInFlight).toBe(7);
    expect((await update(0)).spec?.maxInFlight).toBe(200);
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
    await database.rows('update rollout_targets set holds_appid = true where rollout_id = $1', [other.id]);
    const { id } = await create({ selection: listed(appids) });
    const plan = await rpc<RolloutPlan>('getRolloutPlan', { id });
    const counted = plan.findings.filter(({ targets }) => targets > 0);
    expect(counted.map(({ reason, targets, sampleAppids }) => [reason, targets, ...sampleAppids])).toEqual([
      ['NOT_AUTHORIZED', 1, unknown],
      ['NO_PERMISSION_SET_18', 1, free],
      ['OPEN_AUDIT', 1, audited],
      ['OTHER_ROLLOUT', 1, held],
      ['CHANGE_IN_DOUBT', 1, doubted],
      ['VERSION_USED_BEFORE', 1, used],
    ]);
    expect(plan).toMatchObject({ waveTargets: [12], submissions: 12 });
    expect(plan.samples.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(plan.samples[0]?.commit).toMatchObject({
      appid: unknown,
      templateId: 7n,
      userVersion: SPEC.userVersion,
    });
    expect(await stored(id)).toMatchObject({ state: 'DRAFT', waves_stale: false });
  });

  it('The least time is that of the busiest API at WECHAT_RATE_PER_API of the workers, or at the rate of wxa quota rate', async () => {
    const { id } = await create({ selection: listed(newAppids(100)) });
    const leastTime = async () =>
      Number((await rpc<RolloutPlan>('getRolloutPlan', { id })).leastTime?.seconds);
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

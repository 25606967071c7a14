import { beforeAll, expect, it } from '@jest/globals';
import type { SettingsScope } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { usePolicy } from '../callers/shared-policy.js';
import { refusalOf } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const { gateway, database } = useSharedGateway('policy');
const own = newAppid();
const policy = usePolicy(gateway, {
  all: { allow: [{ methods: ['*'], appids: 'all' }] },
  one: { allow: [{ methods: ['*'], appids: [own] }] },
});
const [all, one] = [policy.as('all'), policy.as('one')];
const clear = () => database.rows('truncate settings_layers, settings_versions');
beforeAll(clear);

const PLATFORM = { scope: { $case: 'platform' as const, value: true } };
const LABEL = { scope: { $case: 'label' as const, value: '餐饮' } };
const ofAppid = (value: string) => ({ scope: { $case: 'appid' as const, value } });
const put = (scope: SettingsScope, expectedVersion: bigint, as = all, settings = {}) =>
  gateway.rpc('putSettingsLayer', { scope, settings, expectedVersion, reason: '新店' }, as);
const versionedCommit = (appid: string, fields = {}) =>
  gateway.rpc('commit', { appid, templateId: 1n, userVersion: '1.0', fromSettings: true, ...fields }, all);
const configOf = async (id: string) => {
  const stored = `select request ->> 'extJson' as text from operations where id = $1`;
  const [row] = await database.rows(stored, [id]);
  return JSON.parse(String(row?.text));
};

it('A layer is stored, read in each version, listed and deleted; a stale version is refused', async () => {
  const settings = { webviewDomains: ['https://a.example.com'] };
  const first = { scope: LABEL, version: 1n, settings, warnings: [] };
  expect(await put(LABEL, 0n, all, settings)).toMatchObject(first);
  const stale = { code: 'FAILED_PRECONDITION', reason: 'SETTINGS_VERSION', metadata: { version: '1' } };
  expect(await refusalOf(put(LABEL, 0n))).toMatchObject(stale);
  await put(LABEL, 1n);
  const read = await gateway.rpc('getSettingsLayer', { scope: LABEL, version: 1n }, all);
  expect(read).toMatchObject({ settings });
  const { layers } = await gateway.rpc('listSettingsLayers', {}, all);
  expect(layers).toMatchObject([{ scope: LABEL, version: 2n }]);
  const remove = (expectedVersion: bigint) =>
    gateway.rpc('deleteSettingsLayer', { scope: LABEL, expectedVersion }, all);
  expect(await refusalOf(remove(1n))).toMatchObject({ reason: 'SETTINGS_VERSION' });
  await remove(2n);
  const unknown = { code: 'NOT_FOUND', reason: 'SETTINGS_LAYER_NOT_FOUND' };
  expect(await refusalOf(remove(2n))).toMatchObject(unknown);
  const { versions } = await gateway.rpc('listSettingsVersions', { scope: LABEL }, all);
  expect(versions).toMatchObject([
    { version: 3n, settings: undefined },
    { version: 2n },
    { version: 1n, settings, caller: 'all', reason: '新店', createTime: expect.any(Date) },
  ]);
});

it('A request that is not valid is refused with the fields that are wrong', async () => {
  const settings = { serverDomains: { request: ['http://a'] }, extJson: '[]' };
  const wrong = gateway.rpc('putSettingsLayer', { scope: ofAppid('wx1'), settings, order: 1 }, all);
  expect(await refusalOf(wrong)).toMatchObject({
    ...{ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' },
    fields: [
      ...['scope.appid', 'settings.server_domains.request[0]', 'settings.ext_json'],
      ...['order', 'expected_version'],
    ],
  });
});

it('A caller of one mini-program reads and changes its layer only, and sees its effective settings', async () => {
  await put(PLATFORM, 0n, all, { webviewDomains: ['https://p.example.com'] });
  await put(ofAppid(own), 0n, one, { webviewDomains: ['https://o.example.com'] });
  for (const scope of [PLATFORM, LABEL, ofAppid(newAppid())]) {
    const calls = {
      PutSettingsLayer: put(scope, 0n, one),
      DeleteSettingsLayer: gateway.rpc('deleteSettingsLayer', { scope, expectedVersion: 1n }, one),
      GetSettingsLayer: gateway.rpc('getSettingsLayer', { scope }, one),
      ListSettingsVersions: gateway.rpc('listSettingsVersions', { scope }, one),
    };
    for (const [rpc, call] of Object.entries(calls))
      expect(await refusalOf(call)).toMatchObject({
        ...{ code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' },
        metadata: { caller: 'one', method: `Settings/${rpc}` },
      });
  }
  expect((await gateway.rpc('listSettingsLayers', {}, one)).layers).toMatchObject([{ scope: ofAppid(own) }]);
  expect(await gateway.rpc('getEffectiveSettings', { appid: own }, one)).toMatchObject({
    settings: { webviewDomains: ['https://o.example.com', 'https://p.example.com'] },
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    layers: [
      { scope: PLATFORM, version: 1n },
      { scope: ofAppid(own), version: 1n },
    ],
  });
  const foreign = gateway.rpc('getEffectiveSettings', { appid: newAppid() }, one);
  expect((await refusalOf(foreign)).reason).toBe('CALLER_NOT_ALLOWED');
});

it('A Commit from settings stores the merged configuration, and its request_id means that operation after they changed', async () => {
  const appid = newAppid();
  await put(ofAppid(appid), 0n, all, { extJson: '{"extEnable":true,"ext":{"b":null,"c":3}}' });
  const base = (value: string) => ({
    requestId: 'from-settings',
    extConfig: { $case: 'extJson' as const, value },
  });
  const first = await versionedCommit(appid, base('{"ext":{"a":1,"b":2}}'));
  expect(await configOf(first.id)).toEqual({ extEnable: true, extAppid: appid, ext: { a: 1, c: 3 } });
  await put(ofAppid(appid), 1n, all, { requiredExtPointers: ['/missing'] });
  expect((await versionedCommit(appid, base('{"ext":{"a":1,"b":2}}'))).id).toBe(first.id);
  const reused = versionedCommit(appid, base('{"ext":{"a":2}}'));
  expect((await refusalOf(reused)).reason).toBe('REQUEST_ID_REUSED');
});

it('A Commit from settings is refused for another extAppid and for a required member without a value', async () => {
  const appid = newAppid();
  await put(ofAppid(appid), 0n, all, { requiredExtPointers: ['/ext/shopId'] });
  expect(await refusalOf(versionedCommit(appid))).toMatchObject({
    ...{ code: 'FAILED_PRECONDITION', reason: 'SETTINGS_MISSING', metadata: { pointers: '/ext/shopId' } },
  });
  const ext = (value: object) => versionedCommit(appid, { extConfig: { $case: 'ext', value } });
  expect(await refusalOf(ext({ extEnable: true, extAppid: 'wx1', ext: { shopId: 1 } }))).toMatchObject({
    ...{ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' },
    violations: [{ field: 'ext', description: `extAppid must be ${appid} or left out, is "wx1"` }],
  });
  const { id } = await ext({ ext: { shopId: 1 } });
  expect(await configOf(id)).toEqual({ ext: { shopId: 1 } });
});

it('ListSettingsLayers lists the layer of the platform first, then those of labels and those of appids, over all pages', async () => {
  await clear();
  for (const scope of [ofAppid(newAppid()), LABEL, PLATFORM]) await put(scope, 0n);
  const kinds: unknown[] = [];
  for (let pageToken: string | undefined; pageToken !== ''; ) {
    const page = await gateway.rpc('listSettingsLayers', { pageSize: 1, pageToken }, all);
    kinds.push(...page.layers.map(({ scope }) => scope?.scope?.$case));
    pageToken = page.nextPageToken;
  }
  expect(kinds).toEqual(['platform', 'label', 'appid']);
});

it('Every layer is on one of the pages of a list, however large the layers are', async () => {
  await clear();
  // As JSON they have twice the bytes that they have in a message.
  await database.rows(
    `with added as (
       insert into settings_layers (scope, version, settings)
       select 'LABEL:' || n, 1, json_build_object('extJson', repeat('"', 120000)) from generate_series(1, 30) n returning *
     )
     insert into settings_versions (scope, version, settings, sort_order, caller, created_at)
     select scope, version, settings, 0, '', now() from added`,
  );
  const scopes: unknown[] = [];
  let pageToken: string | undefined;
  while (pageToken !== '') {
    const page = await gateway.rpc('listSettingsLayers', { pageSize: 500, pageToken }, all);
    scopes.push(...page.layers.map(({ scope }) => scope?.scope?.value));
    pageToken = page.nextPageToken;
  }
  expect([scopes.length, new Set(scopes).size]).toEqual([30, 30]);
});

it('The calls of Setup take their value from the settings, and are refused if these lack it or cannot be set', async () => {
  const appid = newAppid();
  const fromSettings = { value: { $case: 'fromSettings' as const, value: true } };
  const calls = [
    () => gateway.rpc('setServerDomains', { appid, requestId: 'server', ...fromSettings }, all),
    () => gateway.rpc('setWebviewDomains', { appid, requestId: 'webview', ...fromSettings }, all),
    () => gateway.rpc('setPrivacyGuide', { appid, requestId: 'guide', ...fromSettings }, all),
  ];
  await clear();
  const missing = { code: 'FAILED_PRECONDITION', reason: 'SETTINGS_MISSING' };
  for (const call of calls) expect(await refusalOf(call())).toMatchObject(missing);
  const purposes = [{ key: 'UserInfo', text: '展示头像' }];
  await put(PLATFORM, 0n, all, { privacyGuide: { purposes, owner: { noticeMethod: '弹窗' } } });
  const incomplete = await refusalOf(calls[2]?.() ?? Promise.resolve());
  expect(incomplete).toMatchObject({ reason: 'SETTINGS_MISSING', fields: ['guide.owner'] });
  const settings = {
    serverDomains: { request: ['https://a.example.com'] },
    webviewDomains: ['https://w.example.com'],
    privacyGuide: { owner: { phone: '400' } },
  };
  await put(ofAppid(appid), 0n, all, settings);
  const made = [];
  for (const call of calls) made.push(await call());
  const stored = await database.rows(`select request from operations where appid = $1 order by seq`, [appid]);
  expect(stored.map(({ request }) => request)).toMatchObject([
    { domains: { request: ['https://a.example.com'] } },
    { domains: { domains: ['https://w.example.com'] } },
    { guide: { owner: { phone: '400', noticeMethod: '弹窗' }, purposes } },
  ]);
  await clear();
  for (const [i, call] of calls.entries()) expect((await call()).id).toBe(made[i]?.id);
});

it('SetPlatformDomains does not remove a domain that a layer names, unless it says so, and a layer warns of others', async () => {
  await clear();
  const snapshot = { published: ['a.example.com', 'Old.example.com'], testing: ['t.example.com'] };
  await database.rows(
    `insert into platform_domains (server, webview, read_at) values ($1, null, now())
     on conflict (one_row) do update set server = excluded.server, webview = null`,
    [JSON.stringify(snapshot)],
  );
  const layer = await put(ofAppid(newAppid()), 0n, all, {
    serverDomains: {
      request: ['https://a.example.com', 'https://old.example.com:8443', 'https://new.example.com'],
      upload: ['https://t.example.com'],
      websocket: ['wss://new.example.com'],
    },
    webviewDomains: ['https://w.example.com'],
  });
  const unregistered = ['https://new.example.com', 'wss://new.example.com'];
  expect(layer.unregisteredDomains).toEqual(unregistered);
  expect(layer.warnings).toEqual(unregistered.map((one) => `the platform has not registered ${one}`));
  const set = (domains: string[], fields = {}, $case: 'server' | 'webview' = 'server') => {
    const request = { appid: own, value: { $case, value: { domains } }, publishedTogether: true, ...fields };
    return gateway.rpc('setPlatformDomains', request, all);
  };
  const refused = await refusalOf(set(['a.example.com', 't.example.com']));
  expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'DOMAIN_IN_USE' });
  expect((await set(['a.example.com', 't.example.com', 'old.example.com'])).id).not.toBe('');
  expect((await set([], { allowInUse: true })).id).not.toBe('');
  // Without a list that was read before, each domain that the new one lacks counts as removed.
  expect(await refusalOf(set([], {}, 'webview'))).toMatchObject({ reason: 'DOMAIN_IN_USE' });
  await set(['w.example.com'], {}, 'webview');
  await database.rows('delete from platform_domains');
  await clear();
});

import { describe, expect, it } from '@jest/globals';
import { readEffectives } from '@wxa/settings';
import { LAYER_AUTHOR, layerSteps, useLayers } from './layer-steps.js';
import { column, gateway, newAppid, pool, sql, worker } from './use-store.js';

useLayers();
const { put, drop } = layerSteps;

const numbersOf = async (scope: string) =>
  (await gateway.settings.versions(scope)).map(({ version }) => Number(version));

describe('Layers of settings', () => {
  it('A put replaces a layer that has the expected version, and keeps each version with caller, person and reason', async () => {
    expect(await put('LABEL:餐饮', 0, { extJson: '{"a":1}', order: 7 })).toMatchObject({
      kind: 'put',
      layer: { version: 1n },
    });
    expect(await put('LABEL:餐饮', 0)).toEqual({ kind: 'other-version', version: 1n });
    expect(await put('LABEL:餐饮', 1, { extJson: '{"a":2}' })).toMatchObject({
      layer: { version: 2n, order: 0 },
    });
    expect(await gateway.settings.find('LABEL:餐饮')).toMatchObject({
      version: 2n,
      settings: { extJson: '{"a":2}' },
    });
    expect(await gateway.settings.find('LABEL:餐饮', 1n)).toMatchObject({
      order: 7,
      settings: { extJson: '{"a":1}' },
    });
    expect(await gateway.settings.versions('LABEL:餐饮')).toMatchObject([
      { version: 2n },
      { version: 1n, caller: 'shop', onBehalfOf: '王小明', reason: 'new shop', createdAt: expect.any(Date) },
    ]);
  });

  it('After a deletion the versions stay and the next number is higher than all before', async () => {
    await put('PLATFORM', 0);
    expect(await drop('PLATFORM', 2)).toEqual({ kind: 'other-version', version: 1n });
    expect(await drop('PLATFORM', 1)).toEqual({ kind: 'deleted' });
    expect(await drop('PLATFORM', 2)).toEqual({ kind: 'other-version', version: 0n });
    expect(await gateway.settings.find('PLATFORM')).toBe(undefined);
    expect(await put('PLATFORM', 0)).toMatchObject({ layer: { version: 3n } });
    const [, deleted] = await gateway.settings.versions('PLATFORM');
    expect(deleted).toMatchObject({ version: 2n, settings: undefined });
    expect(await gateway.settings.find('PLATFORM', 2n)).toBe(undefined);
  });

  it('Of 20 callers in two processes that change the same version one succeeds, and no version is lost', async () => {
    await put('PLATFORM', 0);
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        put('PLATFORM', 1, { store: i % 2 ? gateway : worker, extJson: `{"a":${i}}` }),
      ),
    );
    expect(made.filter(({ kind }) => kind === 'put')).toHaveLength(1);
    expect(made.filter((each) => each.kind === 'other-version' && each.version === 2n)).toHaveLength(19);
    expect(await numbersOf('PLATFORM')).toEqual([2, 1]);
  });

  it('A put that is repeated returns the layer that it has stored, until another change or with another content or caller', async () => {
    const layer = { extJson: '{"a":1}', order: 7 };
    const first = await put('LABEL:餐饮', 0, layer);
    expect(await put('LABEL:餐饮', 0, layer)).toEqual(first);
    const refused = { kind: 'other-version', version: 1n };
    expect(await put('LABEL:餐饮', 0, { ...layer, order: 8 })).toEqual(refused);
    expect(await put('LABEL:餐饮', 0, { extJson: '{"a":2}', order: 7 })).toEqual(refused);
    expect(await put('LABEL:餐饮', 0, { ...layer, by: { ...LAYER_AUTHOR, caller: 'other' } })).toEqual(
      refused,
    );
    const second = await put('LABEL:餐饮', 1, layer);
    expect(second).toMatchObject({ kind: 'put', layer: { version: 2n } });
    expect(await put('LABEL:餐饮', 1, layer)).toEqual(second);
    expect(await put('LABEL:餐饮', 0, layer)).toEqual({ ...refused, version: 2n });
    await drop('LABEL:餐饮', 2);
    const third = await put('LABEL:餐饮', 0, layer);
    expect(third).toMatchObject({ layer: { version: 4n } });
    expect(await put('LABEL:餐饮', 0, layer)).toEqual(third);
    expect(await numbersOf('LABEL:餐饮')).toEqual([4, 3, 2, 1]);
    expect(await column('select count(*)::int from trail')).toEqual([4]);
  });

  it('A deletion and puts of a new layer at the same moment use no number twice', async () => {
    await put('PLATFORM', 0);
    await Promise.all([
      drop('PLATFORM', 1),
      ...Array.from({ length: 5 }, () => put('PLATFORM', 0, { store: worker })),
    ]);
    const numbers = await numbersOf('PLATFORM');
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.slice(-2)).toEqual([2, 1]);
  });

  it('The last 50 versions of a layer are kept', async () => {
    for (let i = 0; i < 53; i++) await put('PLATFORM', i);
    const numbers = await numbersOf('PLATFORM');
    expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([50, 53, 4]);
  });

  it('At most 100 labels have a layer, and a deleted one makes room', async () => {
    await sql(
      `insert into settings_layers (scope, version, settings) select 'LABEL:' || n, 1, '{}' from generate_series(1, 100) n`,
    );
    expect(await put('LABEL:new', 0)).toEqual({ kind: 'too-many-labels', max: 100 });
    expect(await put('LABEL:7', 1)).toMatchObject({ kind: 'put' });
    expect(await put('PLATFORM', 0)).toMatchObject({ kind: 'put' });
    await drop('LABEL:7', 1);
    expect(await put('LABEL:new', 0)).toMatchObject({ kind: 'put' });
  });

  it('Each change leaves one row in the trail, without the settings', async () => {
    const appid = newAppid();
    await put(`APPID:${appid}`, 0, { privacyGuide: { owner: { phone: '13800000000' } } });
    await put(`APPID:${appid}`, 0);
    await drop(`APPID:${appid}`, 1);
    expect(await sql('select action, appid, caller, on_behalf_of, detail from trail order by id')).toEqual([
      {
        ...{ action: 'settings.layer_changed', appid, caller: 'shop', on_behalf_of: '王小明' },
        detail: { scope: `APPID:${appid}`, version: 1, reason: 'new shop' },
      },
      expect.objectContaining({
        action: 'settings.layer_deleted',
        detail: { scope: `APPID:${appid}`, version: 2, reason: '' },
      }),
    ]);
  });

  it('A list has the layers of the platform, labels and appids, and for a caller of some appids only theirs', async () => {
    const [own, other] = [`APPID:wxa${'0'.repeat(15)}`, `APPID:wxb${'0'.repeat(15)}`];
    for (const scope of ['PLATFORM', 'LABEL:餐饮', other, own]) await put(scope, 0);
    const scopes = async (filter: object) =>
      (await gateway.settings.list({ limit: 10, ...filter })).layers.map(({ scope }) => scope);
    expect(await scopes({})).toEqual(['PLATFORM', 'LABEL:餐饮', other, own]);
    expect(await scopes({ after: 'PLATFORM', limit: 1 })).toEqual(['LABEL:餐饮']);
    expect(await scopes({ visible: { allow: ['wxa*'], deny: [] } })).toEqual([own]);
  });
});

it('A list of large layers is short, and has at least one', async () => {
  await sql(
    `with added as (
       insert into settings_layers (scope, version, settings)
       select 'APPID:' || n, 1, json_build_object('extJson', repeat('x', 250000)) from generate_series(1, 30) n returning *
     )
     insert into settings_versions (scope, version, settings, sort_order, caller, created_at)
     select scope, version, settings, 0, '', now() from added`,
  );
  const { layers, examinedTo = '' } = await gateway.settings.list({ limit: 501 });
  expect(layers).toHaveLength(17);
  expect(examinedTo).toBe(layers.at(-1)?.scope);
  const rest = await gateway.settings.list({ limit: 501, after: examinedTo });
  expect([rest.layers.length, rest.examinedTo]).toEqual([13, undefined]);
});

describe('Effective settings', () => {
  it('They are made of the layer of the platform, those of the labels by order and name, and that of the appid', async () => {
    const appid = newAppid();
    await sql(
      `insert into authorizers (appid, state, labels) values ($1, 'AUTHORIZED', '{b,a,z,unused}')`,
      appid,
    );
    const patch = (name: string) => ({ extJson: JSON.stringify({ [name]: 1 }) });
    await put(`APPID:${appid}`, 0, patch('appid'));
    await put('LABEL:a', 0, { ...patch('a'), order: 5 });
    await put('LABEL:b', 0, { ...patch('b'), order: 5 });
    await put('LABEL:z', 0, { ...patch('z'), order: 1 });
    await put('LABEL:other', 0, patch('other'));
    await put('PLATFORM', 0, patch('platform'));
    const { layers, extPatches } = await gateway.settings.effective(appid);
    expect(layers.map(({ scope }) => scope)).toEqual([
      'PLATFORM',
      'LABEL:z',
      'LABEL:a',
      'LABEL:b',
      `APPID:${appid}`,
    ]);
    expect(extPatches.map((text) => Object.keys(JSON.parse(text))[0])).toEqual([
      'platform',
      'z',
      'a',
      'b',
      'appid',
    ]);
  });

  it('A turn of a rollout reads for each mini-program what it reads by itself', async () => {
    const [labelled, like, own, plain] = [newAppid(), newAppid(), newAppid(), newAppid()];
    const labels = ['a', 'z'];
    for (const appid of [labelled, like])
      await sql(
        `insert into authorizers (appid, state, labels) values ($1, 'AUTHORIZED', $2)`,
        appid,
        labels,
      );
    await put('PLATFORM', 0, { webviewDomains: ['https://a.cn'] });
    await put('LABEL:z', 0, { extJson: '{"z":1}' });
    await put('LABEL:a', 0, { extJson: '{"a":1}', order: 1 });
    await put('LABEL:other', 0, { extJson: '{"other":1}' });
    await put(`APPID:${own}`, 0, { extJson: '{"own":1}' });
    const miniPrograms = [labelled, like, own, plain].map((appid) => ({
      appid,
      labels: appid === labelled || appid === like ? labels : [],
    }));
    const client = await pool.connect();
    try {
      const read = await readEffectives(client, miniPrograms);
      expect([...read.keys()]).toEqual([labelled, like, own, plain]);
      for (const [appid, effective] of read)
        expect(effective).toEqual(await gateway.settings.effective(appid));
    } finally {
      client.release();
    }
  });

  it('A mini-program that is not known has those of the platform and its own', async () => {
    await put('PLATFORM', 0, { webviewDomains: ['https://a.cn'] });
    const { layers, settings, fingerprint } = await gateway.settings.effective(newAppid());
    expect(layers).toMatchObject([{ scope: 'PLATFORM', version: 1n }]);
    expect(settings.webviewDomains).toEqual(['https://a.cn']);
    expect(fingerprint).toHaveLength(64);
    expect(await column('select count(*)::int from settings_versions')).toEqual([1]);
  });
});

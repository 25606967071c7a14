import { describe, expect, it } from '@jest/globals';
import { filed, keep, known, unasked, unfiled } from './fleet-steps.js';
import { begin, settle } from './operation-steps.js';
import { column, newAppid, sql, useStore, value, worker } from './use-store.js';

useStore();

const live = (version: string | undefined, time = new Date()) =>
  ({
    part: 'VERSIONS',
    answer: { release: version === undefined ? undefined : { version, desc: '', time } },
  }) as never;

/** What was published of a mini-program, oldest first. */
async function published(appid: string): Promise<[string, Record<string, unknown>][]> {
  const rows = await sql<{ type: string; value: string }>(
    `select type, value from outbox where appid = $1 and topic = 'wxa.code.fleet.v1' order by id`,
    appid,
  );
  return rows.map(({ type, value }) => [type.replace('wxa.code.v1.', ''), JSON.parse(value)]);
}

/** A Commit of a mini-program that succeeded. */
async function committed(appid: string, userVersion: string, templateId: number): Promise<string> {
  const request = JSON.stringify({ appid, userVersion, templateId: String(templateId) });
  const operation = await begin({ appid, method: 'Commit', request });
  await settle(operation, 'SUCCEEDED');
  return operation.id;
}

const release = async (appid: string, request: object, method = 'Release') => {
  const operation = await begin({ appid, method, request: JSON.stringify({ appid, ...request }) });
  await settle(operation, 'SUCCEEDED', { auditEffect: { kind: 'live' } });
};

/** A read of the plan of a gray release, which began so much later. */
const readGray = (appid: string, grayPercent: number, inMs: number) =>
  worker.fleet.keepLiveSettings({ appid, at: new Date(Date.now() + inMs), grayPercent });

describe('keepReads', () => {
  it('A difference of readiness is published once, in the transaction that stores the read; an unknown one is none', async () => {
    const appid = await known();
    await keep(appid, unfiled);
    await keep(appid, unfiled);
    await keep(appid, { part: 'FILING', error: 'timeout' } as never);
    await keep(appid, filed);
    const events = await published(appid);
    expect(events.map(([type]) => type)).toEqual(['ReadinessChanged', 'ReadinessChanged']);
    const states = events.map(([, event]) => {
      const { items } = event.after as { items: { item: string; state: string; acts?: string }[] };
      return items.find(({ item }) => item === 'READINESS_ITEM_TYPE_FILING');
    });
    expect(states).toEqual([
      expect.objectContaining({ state: 'READINESS_STATE_MISSING', acts: 'PARTY_OWNER' }),
      expect.objectContaining({ state: 'READINESS_STATE_OK' }),
    ]);
    expect(events[0]?.[1]).not.toHaveProperty('before.items');
  });

  it('A read that began before another one does not replace it', async () => {
    const appid = await known();
    const before = new Date(Date.now() - 1_000);
    await keep(appid, filed);
    await worker.fleet.keepReads({ appid, at: before, reads: [unfiled] });
    expect((await worker.fleet.get(appid))?.readiness?.FILING?.state).toBe('OK');
  });

  it('The first read of a live version is no news, and the next other one is published with the template of its Commit', async () => {
    const appid = await known();
    await committed(appid, '2.0', 127);
    await keep(appid, live('1.0'));
    await keep(appid, live('2.0'));
    const released = (await published(appid)).filter(([type]) => type === 'MiniProgramReleased');
    expect(released).toEqual([
      ['MiniProgramReleased', expect.objectContaining({ userVersion: '2.0', templateId: '127' })],
    ]);
    expect(await worker.fleet.get(appid)).toMatchObject({ liveSource: 'OBSERVED', liveTemplate: '127' });
  });

  it('A live version without a known Commit has no template, and 0 is a template', async () => {
    const [unknown, zero] = [await known(), await known()];
    await committed(zero, '1.0', 0);
    for (const appid of [unknown, zero]) await keep(appid, live('1.0'));
    const templates = [await worker.fleet.get(unknown), await worker.fleet.get(zero)];
    expect(templates.map((row) => row?.liveTemplate)).toEqual([null, '0']);
  });
});

describe('an own release', () => {
  const DUE_IN = `select round(extract(epoch from versions_due_at - now()) / 60)::int from mini_programs where appid = $1`;
  const dueInMinutes = (appid: string) => value<number>(DUE_IN, appid);

  it('A Release stores its version and publishes it in the transaction that ends it', async () => {
    const appid = await known();
    await committed(appid, '1.0', 127);
    await release(appid, { expectedUserVersion: '1.0' });
    expect(await worker.fleet.get(appid)).toMatchObject({ liveVersion: '1.0', liveSource: 'OWN' });
    expect(await published(appid)).toEqual([
      [
        'MiniProgramReleased',
        expect.objectContaining({ userVersion: '1.0', templateId: '127', isFirst: true }),
      ],
    ]);
  });

  it('The rules are applied again after the first Release, and not after the next one', async () => {
    const appid = await known();
    await keep(appid, filed);
    const isStaleAfter = async (expectedUserVersion: string) => {
      await sql('update mini_programs set computed_at = clock_timestamp() where appid = $1', appid);
      await release(appid, { expectedUserVersion });
      return (await worker.fleet.computedBefore(100_000)).includes(appid);
    };
    expect([await isStaleAfter('1.0'), await isStaleAfter('1.1')]).toEqual([true, false]);
  });

  it('A Release without an expected version is of the audit that was approved last', async () => {
    const appid = await known();
    await sql(
      `insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at)
       values (gen_random_uuid(), $1, 1, '1.1', 'APPROVED', now())`,
      appid,
    );
    await release(appid, {});
    expect(await worker.fleet.get(appid)).toMatchObject({ liveVersion: '1.1' });
  });

  it('A version that is not known, as after a RevertRelease, is read at once, after 10 minutes if that read is not stored, and after a day if it failed', async () => {
    const appid = await known();
    await release(appid, {}, 'RevertRelease');
    const due = await worker.fleet.takeVersionsDue(100, unasked);
    expect(due).toContainEqual({ appid, parts: ['VERSIONS'] });
    await keep(appid, filed);
    expect(await dueInMinutes(appid)).toBe(10);
    await keep(appid, { part: 'VERSIONS', error: '48001 api unauthorized' } as never);
    expect(await dueInMinutes(appid)).toBe(24 * 60);
  });

  it('After an own revert of a version that was just released, a read of another version is believed at once, with its event', async () => {
    const appid = await known();
    await keep(appid, live('1.0', new Date(Date.now() - 3_600_000)));
    await release(appid, { expectedUserVersion: '2.0' });
    await release(appid, { expectedUserVersion: '2.0' }, 'RevertRelease');
    await keep(appid, live('2.0'));
    expect(await worker.fleet.get(appid)).toMatchObject({ liveVersion: '2.0', liveSource: 'REVERTED' });
    await keep(appid, live('1.0', new Date(Date.now() - 3_600_000)));
    expect(await worker.fleet.get(appid)).toMatchObject({ liveVersion: '1.0', liveSource: 'OBSERVED' });
    const versions = (await published(appid)).map(([, { userVersion, isFirst }]) => [userVersion, isFirst]);
    expect(versions.filter(([version]) => version)).toEqual([
      ['2.0', undefined],
      ['1.0', undefined],
    ]);
  });

  it('A revert of another version than the known one says nothing about that', async () => {
    const appid = await known();
    await release(appid, { expectedUserVersion: '1.0' });
    await release(appid, { expectedUserVersion: '2.0' }, 'RevertRelease');
    expect(await worker.fleet.get(appid)).toMatchObject({ liveVersion: '1.0', liveSource: 'OWN' });
  });

  it('Reads that show the same live version publish nothing', async () => {
    const appid = await known();
    for (let read = 0; read < 3; read += 1) await keep(appid, live('1.0', new Date(0)), filed);
    expect((await published(appid)).filter(([type]) => type === 'MiniProgramReleased')).toEqual([]);
  });

  it('A read that shows another version than the release of just now is repeated after 5 minutes, as it may show its revert', async () => {
    const appid = await known();
    await release(appid, { expectedUserVersion: '2.0' });
    await keep(appid, live('1.0', new Date(Date.now() - 3_600_000)));
    expect(await worker.fleet.get(appid)).toMatchObject({ liveVersion: '2.0' });
    expect(await dueInMinutes(appid)).toBe(5);
  });

  it.each<[string, (appid: string) => Promise<unknown>]>([
    ['it is reverted', (appid) => release(appid, {}, 'RevertGrayRelease')],
    ['all users get a version that is not known', (appid) => release(appid, {})],
    [
      'a read shows another live version, as after WeChat has completed it',
      (appid) => keep(appid, live('2.0')),
    ],
    ['a read of its plan shows that it has ended', (appid) => readGray(appid, 0, 60_000)],
  ])('A gray release is shown until %s', async (_, end) => {
    const appid = await known();
    await release(appid, { percentage: 10 }, 'GrayRelease');
    await keep(appid, live('1.0'));
    expect(await worker.fleet.get(appid)).toMatchObject({ grayPercent: 10, liveVersion: '1.0' });
    await readGray(appid, 0, 0);
    expect(await worker.fleet.get(appid)).toMatchObject({ grayPercent: 10 });
    await end(appid);
    expect(await worker.fleet.get(appid)).toMatchObject({ grayPercent: 0 });
  });

  it('A change of the visibility or of the base library is stored in the transaction that ends it', async () => {
    const appid = await known();
    expect(await worker.fleet.get(appid)).toMatchObject({ visitStatus: null, supportVersion: null });
    await release(appid, { status: 'VISIT_STATUS_CLOSED' }, 'ChangeVisitStatus');
    await release(appid, { version: '2.32.3' }, 'SetSupportVersion');
    const seen = { visitStatus: 'CLOSED', supportVersion: '2.32.3', liveVersion: null };
    expect(await worker.fleet.get(appid)).toMatchObject(seen);
    expect(await published(appid)).toEqual([]);
  });

  it('A read of them is stored, unless it began before or just after an own change', async () => {
    const appid = await known();
    await worker.fleet.keepLiveSettings({ appid, at: new Date(), visitStatus: 'CLOSED' });
    await worker.fleet.keepLiveSettings({ appid, at: new Date(), supportVersion: '2.0' });
    expect(await worker.fleet.get(appid)).toMatchObject({ visitStatus: 'CLOSED', supportVersion: '2.0' });
    await release(appid, { status: 'VISIT_STATUS_OPEN' }, 'ChangeVisitStatus');
    const read = async (inMs: number) => {
      const at = new Date(Date.now() + inMs);
      await worker.fleet.keepLiveSettings({ appid, at, visitStatus: 'CLOSED' });
      return (await worker.fleet.get(appid))?.visitStatus;
    };
    expect([await read(-60_000), await read(0), await read(60_000)]).toEqual(['OPEN', 'OPEN', 'CLOSED']);
  });

  it('A Release of a mini-program that is not in the inventory writes nothing', async () => {
    const appid = newAppid();
    await release(appid, { expectedUserVersion: '1.0' });
    expect(await worker.fleet.get(appid)).toBeUndefined();
  });
});

it('The last 10 commits of a mini-program stay known after their operations were deleted', async () => {
  const appid = await known();
  for (let i = 1; i <= 12; i += 1) await committed(appid, `${i}.0`, i);
  await sql(
    `update operations set ended_at = now() - interval '91 days' + (request ->> 'templateId')::int * interval '1 s'
     where appid = $1`,
    appid,
  );
  const retention = { queriesMs: 1, changesMs: 90 * 86_400_000, trailMs: 1, rolloutsMs: 1 };
  await sql(
    `update operations set id = ('00000000-0000-7000-8000-' || right(id::text, 12))::uuid where appid = $1`,
    appid,
  );
  expect(await worker.deleteOld('changes', retention)).toBeGreaterThanOrEqual(12);
  await worker.deleteOld('commits', retention);
  const kept = await column('select user_version from commits where appid = $1 order by committed_at', appid);
  expect(kept).toEqual(Array.from({ length: 10 }, (_, i) => `${i + 3}.0`));
  await keep(appid, live('12.0'));
  expect(await worker.fleet.get(appid)).toMatchObject({
    ...{ liveTemplate: '12', trialVersion: '12.0', trialTemplate: '12' },
  });
});

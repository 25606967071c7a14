import { once } from 'node:events';
import type { ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { metadataOf, readRefusal, refusalOf } from '../gateway/calls.js';
import { MIB, png, sendMedia } from '../gateway/uploads.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { readMetric } from '../metrics/exposition.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { listed, newAppids, rolloutCalls } from '../rollouts/rollout-calls.js';
import { usePolicy } from './shared-policy.js';

const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  greedy: {},
  modest: { limits: { liveRollouts: 1, drafts: 2, targets: 5, streams: 1, waiting: 1, uploadMemory: MIB } },
  thrifty: { limits: { auditsPerMonth: 1, speedUpsPerMonth: 1 } },
  narrow: { allow: [{ methods: ['*'], appids: ['wx0*'] }] },
  starting: { limits: { drafts: 2, targets: 5 } },
  other: {},
});
const { rpc, create } = rolloutCalls(gateway, database);
const as = (caller: string) => policy.as(caller);
/** As the shared gateway is set. */
const MAX_STREAMS = 8;
const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const exceeded = (caller: string, method: string) => ({
  ...{ code: 'RESOURCE_EXHAUSTED', reason: 'CALLER_QUOTA_EXCEEDED', metadata: { caller, method } },
});

/** A stream of a caller: whether it was refused, once it is decided. */
function watch(caller: string) {
  const stream = gateway.operations.watchOperations({ appid: '' }, metadataOf(policy.headers(caller)));
  let reason: string | undefined;
  stream
    .on('data', () => undefined)
    .on('error', (error: ServiceError) => {
      reason = readRefusal(error).reason;
    });
  return { cancel: () => stream.cancel(), reason: () => reason };
}

const same = (bytes: Buffer) => bytes;
const gauge = async (name: string) => Number(await readMetric(gateway.http, name));
const openStreams = () => gauge('wxa_watch_streams');

/** Requests have arrived once later ones are answered: one on their connection, and one that reads Postgres. */
async function arrived(): Promise<void> {
  await refusalOf(rpc('getRollout', { id: 'none' }, as('other')));
  await refusalOf(gateway.rpc('getOperation', { id: UNKNOWN }, as('other')));
}

describe('Rollouts of a caller at its limit', () => {
  const start = (caller: string) => create({ selection: listed(newAppids(1)), start: true }, as(caller));

  it('Its next live rollout is refused, and that of another caller is not', async () => {
    const { id } = await start('modest');
    expect(await refusalOf(start('modest'))).toMatchObject(exceeded('modest', 'Rollouts/CreateRollout'));
    await start('other');
    await rpc('cancelRollout', { id }, as('modest'));
    const end = (ended: string) =>
      database.rows(`update rollouts set state = 'CANCELLED' where id = $1`, [ended]);
    await end(id);
    await end((await start('modest')).id);
  });

  it('Without a limit of its own it has at most 50 of the 200 live rollouts', async () => {
    for (let n = 0; n < 50; n += 1) await start('greedy');
    expect(await refusalOf(start('greedy'))).toMatchObject(exceeded('greedy', 'Rollouts/CreateRollout'));
    await start('other');
  });

  it('Its next draft and its next target are refused, and those of another caller are not', async () => {
    const { id } = await create({ selection: listed(newAppids(2)) }, as('modest'));
    const targets = (count: number) => newAppids(count).map((appid) => ({ appid }));
    const add = (count: number) => rpc('addRolloutTargets', { id, targets: targets(count) }, as('modest'));
    await create({ selection: listed(newAppids(2)) }, as('modest'));
    const refused = await refusalOf(create({}, as('modest')));
    expect(refused).toMatchObject(exceeded('modest', 'Rollouts/CreateRollout'));
    expect(await refusalOf(add(2))).toMatchObject(exceeded('modest', 'Rollouts/AddRolloutTargets'));
    expect(await add(1)).toMatchObject({ targets: 3 });
    await create({ selection: listed(newAppids(6)) }, as('other'));
  });

  it('At its limit of drafts it creates a rollout that starts at once, with no more targets than it may have', async () => {
    for (const _ of ['first', 'second']) await create({ selection: listed(newAppids(1)) }, as('starting'));
    const startWith = (targets: number) =>
      create({ selection: listed(newAppids(targets)), start: true }, as('starting'));
    const refused = exceeded('starting', 'Rollouts/CreateRollout');
    expect(await refusalOf(startWith(4))).toMatchObject(refused);
    expect(await startWith(3)).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING' });
  });
});

describe('Calls in progress of a caller at its limit', () => {
  it.each([
    ['modest', 1],
    ['greedy', 2],
  ])(
    'The next watch stream of %s is refused, that of another caller is not, and one that ended makes room',
    async (caller, most) => {
      const before = await openStreams();
      const held = Array.from({ length: most }, () => watch(caller));
      await eventually(async () => (await openStreams()) === before + most);
      const next = watch(caller);
      await eventually(() => next.reason() === 'CALLER_QUOTA_EXCEEDED');
      const other = watch('other');
      await eventually(async () => (await openStreams()) === before + most + 1);
      held[0]?.cancel();
      await eventually(async () => (await openStreams()) === before + most);
      const again = watch(caller);
      await eventually(async () => (await openStreams()) === before + most + 1);
      for (const stream of [...held, other, again]) stream.cancel();
      await eventually(async () => (await openStreams()) === before);
    },
  );

  it('A caller for some appids has at most 2 watch streams without a message, and another caller watches', async () => {
    const path = '/wxa.code.v1.Operations/WatchOperations';
    const refused: (string | undefined)[] = [];
    const open = () =>
      gateway.code.makeClientStreamRequest(path, same, same, metadataOf(policy.headers('narrow')), (error) =>
        refused.push(error === null ? undefined : readRefusal(error).reason),
      );
    const silent = Array.from({ length: MAX_STREAMS }, open);
    await eventually(async () => refused.length === MAX_STREAMS - 2);
    expect(new Set(refused)).toEqual(new Set(['CALLER_QUOTA_EXCEEDED']));
    const before = await openStreams();
    const other = watch('other');
    await eventually(async () => (await openStreams()) === before + 1);
    for (const stream of [...silent, other]) stream.cancel();
    await eventually(async () => (await openStreams()) === before);
  });

  it('The next query that waits is refused, and that of another caller waits', async () => {
    const cancelled = new AbortController();
    const query = (caller: string) =>
      gateway.rpc('listPages', { appid: newAppids(1)[0] }, { ...as(caller), signal: cancelled.signal });
    const waiting = () => gauge('wxa_pending_queries');
    const held = [refusalOf(query('modest')), refusalOf(query('greedy')), refusalOf(query('greedy'))];
    await eventually(async () => (await waiting()) === 3);
    for (const caller of ['modest', 'greedy'])
      expect(await refusalOf(query(caller))).toMatchObject(exceeded(caller, 'CodeManagement/ListPages'));
    held.push(refusalOf(query('other')));
    await eventually(async () => (await waiting()) === 4);
    cancelled.abort();
    for (const { code } of await Promise.all(held)) expect(code).toBe('CANCELLED');
  });

  it('Lists of callers take turns: that of another caller is answered among the first, and one that is cancelled passes its turn on', async () => {
    const answered: string[] = [];
    const list = (caller: string, signal?: AbortSignal) =>
      rpc('listRollouts', {}, { ...as(caller), ...(signal && { signal }) });
    const lists = (caller: string, count: number) =>
      Array.from({ length: count }, () => list(caller).then(() => answered.push(caller)));
    const release = await database.hold('lock table rollouts in access exclusive mode');
    const cancelled = new AbortController();
    const calls = lists('greedy', 200);
    const gone = Array.from({ length: 5 }, () => refusalOf(list('greedy', cancelled.signal)));
    await arrived();
    cancelled.abort();
    for (const { code } of await Promise.all(gone)) expect(code).toBe('CANCELLED');
    calls.push(...lists('other', 1));
    await arrived();
    await release();
    await Promise.all(calls);
    expect(answered).toHaveLength(201);
    // Its turn is the second; how many answers of the other connections come before its own depends on Postgres.
    expect(answered.indexOf('other')).toBeLessThan(100);
  });

  it('However many summaries a caller asks for, that of another caller and the status of the platform are answered among the first', async () => {
    const answered: string[] = [];
    const note = (what: string) => () => answered.push(what);
    const summary = (caller: string, label: string) =>
      gateway.rpc('getFleetSummary', { labels: [label] }, as(caller)).then(note(caller));
    const release = await database.hold('lock table mini_programs in access exclusive mode');
    const calls = Array.from({ length: 50 }, (_, n) => summary('greedy', `label ${n}`));
    await arrived();
    calls.push(
      summary('other', 'label'),
      gateway.rpc('getPlatformStatus', {}, as('other')).then(note('status')),
    );
    await arrived();
    await release();
    await Promise.all(calls);
    expect(answered).toHaveLength(52);
    for (const what of ['other', 'status']) expect(answered.indexOf(what)).toBeLessThan(5);
  });

  it('A list whose request has not ended, or has two messages, keeps no other from its turn', async () => {
    const send = (messages: number) => {
      const path = '/wxa.code.v1.Rollouts/ListRollouts';
      const metadata = metadataOf(policy.headers('greedy'));
      const stream = gateway.code.makeClientStreamRequest(path, same, same, metadata, () => undefined);
      for (let n = 0; n < messages; n += 1) stream.write(Buffer.alloc(0));
      return { stream, ended: once(stream, 'status') };
    };
    for (const { stream, ended } of Array.from({ length: 3 }, () => send(2))) {
      stream.end();
      await ended;
    }
    await rpc('listRollouts', {}, as('other'));
    const unfinished = Array.from({ length: 3 }, () => send(1));
    await rpc('listRollouts', {}, as('other'));
    for (const { stream } of unfinished) stream.cancel();
  });

  it('The eleventh reflection stream is refused, and that of another caller is not', async () => {
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const open = (caller: string) => {
      const metadata = metadataOf(policy.headers(caller));
      const stream = gateway.code.makeBidiStreamRequest(path, same, same, metadata);
      const refusal = refusalOf(new Promise((_, reject) => stream.on('error', reject)));
      // list_services
      stream.write(Buffer.from([0x3a, 0x00]));
      return { stream, isAnswered: new Promise((resolve) => stream.on('data', resolve)), refusal };
    };
    const held = Array.from({ length: 10 }, () => open('greedy'));
    await Promise.all(held.map(({ isAnswered }) => isAnswered));
    expect(await open('greedy').refusal).toMatchObject(exceeded('greedy', 'reflection'));
    const other = open('other');
    await other.isAnswered;
    for (const { stream } of [...held, other]) stream.cancel();
  });

  it('An upload beyond its memory is refused, and one of another caller is received', async () => {
    const [appid = ''] = newAppids(1);
    const send = (caller: string) =>
      sendMedia(gateway.code, { appid }, png(2 * MIB), MIB / 4, policy.headers(caller));
    const refused = await refusalOf(send('modest').answer);
    expect(refused).toMatchObject(exceeded('modest', 'CodeManagement/UploadAuditMedia'));
    const received = send('other');
    const refusal = refusalOf(received.answer);
    const accepted = `select from operations where appid = $1 and accepted_by = 'other'`;
    await eventually(async () => (await database.rows(accepted, [appid])).length === 1);
    received.stream.cancel();
    expect((await refusal).code).toBe('CANCELLED');
  });
});

describe('A month of a caller at its limit', () => {
  const submit = (caller: string, appid = newAppids(1)[0]) =>
    gateway.rpc('submitAudit', { appid, requestId: 'first', items: [AUDIT_ITEM] }, as(caller));
  const speedUp = (caller: string, appid = newAppids(1)[0]) =>
    gateway.rpc('speedUpAudit', { appid, requestId: 'first', auditId: 1n }, as(caller));

  it.each([
    ['audit', submit, 'SubmitAudit', 'auditsPerMonth', 'has 1 audits this month, of at most 1'],
    ['speed-up', speedUp, 'SpeedUpAudit', 'speedUpsPerMonth', 'has 1 speed-ups this month, of at most 1'],
  ])(
    'The next %s of a caller at its limit is refused and not to be retried, a repeated one is not, and neither is that of another caller',
    async (_what, call, method, limit, message) => {
      const [appid = ''] = newAppids(1);
      const { id } = await call('thrifty', appid);
      const error = await call('thrifty').catch((thrown: ServiceError) => thrown);
      const refused = exceeded('thrifty', `CodeManagement/${method}`);
      const isFinal = { retryAfterMs: undefined, metadata: { ...refused.metadata, retryable: 'false' } };
      expect(readRefusal(error as ServiceError)).toMatchObject({ ...refused, ...isFinal });
      expect(error).toMatchObject({ details: `caller thrifty ${message}` });
      expect((await call('thrifty', appid)).id).toBe(id);
      for (let n = 0; n < 3; n += 1) await call('other');
      const series = `wxa_caller_limited_total{caller="thrifty",limit="${limit}"}`;
      expect(await readMetric(gateway.http, series)).toBe(1);
    },
  );
});

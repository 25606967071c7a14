import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { DatabaseLock, lockCommits, makeCommitsLockable } from '../crashes/database-locks.js';
import { readMetric } from '../metrics/exposition.js';
import { eventually, newAppid, useSharedWorld, world, wxaEnv } from '../use-world.js';
import { startWxa } from '../wxa.js';

useSharedWorld('release');

/** Most tests start several programs, each of which takes seconds on a busy machine: hence their long limits. */
const start = (args: string[], env: Record<string, string> = {}) =>
  startWxa(['dlq', ...args], { ...wxaEnv(), ...env });

const dlq = (args: string[], env?: Record<string, string>) => start(args, env).ended;

const commands = (key: string) => world.seen.filter((m) => m.topic === TOPICS.commands && m.key === key);
const deadLetters = (key: string) =>
  world.seen.filter((m) => m.topic === TOPICS.deadLetters && m.key === key);
/** The id of the dead letter with this key in a list. */
const idIn = (out: string, key: string) =>
  new RegExp(`^(\\d+:\\d+) .*\\n {2}${key}$`, 'm').exec(out)?.[1] ?? '';

it('wxa dlq reports an empty list, exits with 1 for an unknown id and replays nothing if there are no dead letters', async () => {
  const none = ['--reason', 'NOBODY'];
  expect(await dlq(['list', ...none])).toEqual({ code: 0, out: 'no dead letters\n', err: '' });
  const err = 'no such message on the dead-letter topic: 0:999\n';
  expect(await dlq(['show', '0:999'])).toMatchObject({ code: 1, err });
  const out = expect.stringMatching(/^0 replayed/);
  expect(await dlq(['replay', ...none])).toMatchObject({ code: 0, out });
});

it('wxa dlq lists, shows and replays a dead letter once, with its original key, value and headers', async () => {
  const key = newAppid();
  const value = 'no command: 多字';
  await world.produce(TOPICS.commands, [{ key, value, headers: { ce_type: 'Odd', mine: 'kept' } }]);
  await eventually(() => deadLetters(key).length === 1);

  const { out, err } = await dlq(['list']);
  expect([err, out]).toEqual(['', expect.stringContaining('NOT_A_COMMAND')]);
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const id = idIn(out, key);
  const shown = (await dlq(['show', id])).out;
  for (const part of [value, 'mine: kept', 'dlq.reason: NOT_A_COMMAND']) expect(shown).toContain(part);

  expect(await dlq(['replay', id])).toMatchObject({ code: 0 });
  await eventually(() => commands(key).length === 2);
  expect(commands(key)[1]).toMatchObject({ value, headers: commands(key)[0]?.headers });
  // It still cannot be decoded, so it is dead-lettered again as another message.
  await eventually(() => deadLetters(key).length === 2);

  expect((await dlq(['replay', id])).out).toContain('0 replayed, 1 skipped');
  expect((await dlq(['list'])).out).toContain('NOT_A_COMMAND *');
  expect(commands(key)).toHaveLength(2);
  const recorded = `select detail from trail where action = 'dead_letters.replayed' and detail::jsonb -> 'positions' = $1`;
  expect(await world.sql(recorded, [JSON.stringify([id])])).toEqual([{ detail: { positions: [id] } }]);
  expect((await dlq(['replay', id, '--again'])).out).toContain(`replayed ${id}`);
  await eventually(() => commands(key).length === 3);
});

it('A replay leaves no row and sends nothing if it is killed before its commit, and one row each if it is killed during it or completes', async () => {
  const key = newAppid();
  await world.produce(TOPICS.commands, [{ key, value: 'no command' }]);
  await eventually(() => deadLetters(key).length === 1);
  const id = idIn((await dlq(['list'])).out, key);
  const recorded = () =>
    world.sql(`select from trail where detail::jsonb -> 'positions' = $1`, [JSON.stringify([id])]);
  await makeCommitsLockable(world, ['trail']);
  for (const [lock, rows] of [
    [() => DatabaseLock.take(world, 'lock table trail in exclusive mode', []), 0],
    [() => lockCommits(world, ''), 1],
  ] as const) {
    const held = await lock();
    const { child, ended } = start(['replay', id]);
    await held.untilWaiting();
    child.kill('SIGKILL');
    await ended;
    await held.release();
    const open = `select from pg_stat_activity where application_name = 'wxa-cli dlq' and datname = current_database()`;
    await eventually(async () => (await world.sql(open)).length === 0);
    expect(await recorded()).toHaveLength(rows);
    expect(commands(key)).toHaveLength(1);
  }
  expect((await dlq(['replay', id])).out).toContain('1 replayed');
  await eventually(() => deadLetters(key).length === 2);
  expect(await recorded()).toHaveLength(2);
  await eventually(() => commands(key).length === 2);
});

it('wxa dlq replays the dead letters of one reason, or all, with unchanged values', async () => {
  const appid = newAppid();
  // Else a command without its operation proves that Postgres has lost time.
  await world.sql('insert into history_exempt (appid) values ($1)', [appid]);
  const accepted = await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await eventually(() => commands(appid).length === 1);
  const command = commands(appid)[0]?.value.replace(accepted.id, `${accepted.id.slice(0, -4)}0000`) ?? '';
  const value = command.replace(accepted.requestId, 'never-accepted');
  await world.produce(TOPICS.commands, [{ key: appid, value }]);
  await eventually(() => deadLetters(appid).length === 1);
  expect((await dlq(['replay', '--reason', 'UNKNOWN_OPERATION'])).out).toMatch(/\b[1-9]\d* replayed/);
  await eventually(() => commands(appid).length === 3);
  expect(commands(appid)[2]?.value).toBe(value);
  await eventually(() => deadLetters(appid).length === 2);
  expect(await dlq(['replay', '--all'])).toMatchObject({ code: 0 });
  await eventually(() => commands(appid).length === 4);
});

it('A large command whose operation Postgres loses while it waits is dead-lettered with its value', async () => {
  const appid = newAppid();
  await world.sql('insert into history_exempt (appid) values ($1)', [appid]);
  const fault = await world.sim.addFault({ kind: 'hang', api: 'wxa/commit', appid });
  const first = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const userDesc = 'x'.repeat(20_000);
  const { id } = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.1', userDesc });
  const [url = ''] = world.stack.addresses.workers;
  await eventually(async () => (await readMetric(url, 'wxa_lane_operations')) === 2);
  await world.sql('delete from operations where id = $1', [id]);
  await world.sim.releaseFault(fault.id);
  await world.wait(first.id);
  await eventually(() => deadLetters(appid).length === 1);
  await eventually(() => commands(appid).length === 2);
  const value = commands(appid)[1]?.value;
  expect(value).toContain(userDesc);
  expect(deadLetters(appid)).toMatchObject([{ value, headers: { 'dlq.reason': 'UNKNOWN_OPERATION' } }]);
});

it('wxa dlq exits with 64 for wrong arguments, with 78 if a setting is missing and with 69 if Kafka is unreachable', async () => {
  const wrong = await dlq(['show', 'x']);
  const help = 'wxa help dlq show shows its arguments\n';
  expect(wrong).toMatchObject({
    code: 64,
    err: `wxa dlq show: not PARTITION:OFFSET, as in 3:17: x\n${help}`,
  });
  for (const line of wrong.err.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  for (const [KAFKA_BROKERS, code, err] of [
    ['', 78, /KAFKA_BROKERS/],
    ['127.0.0.1:1', 69, /^Kafka: /],
  ] as const)
    expect(await dlq(['list'], { KAFKA_BROKERS })).toMatchObject({ code, err: expect.stringMatching(err) });
});

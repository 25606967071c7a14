import { describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useSharedWorld, world } from '../use-world.js';
import { AUDIT_ITEM } from './audit-item.js';

useSharedWorld('release');

const version = (userVersion: string) => ({ templateId: 1n, userVersion, userDesc: '' });

describe('operations', () => {
  it('A Commit is executed once and published once with its final state', async () => {
    const appid = newAppid();
    const done = await world.run('Commit', { appid, ...version('1.0') });
    expect(done).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1, method: 'Commit' });
    await eventually(() => world.messages('OperationCompleted', appid).length === 1);
    const [outcome] = world.messages('OperationCompleted', appid);
    expect(outcome).toMatchObject({
      topic: 'wxa.code.outcomes.v1',
      id: `${done.id}.completed`,
      headers: { ce_specversion: '1.0', ce_subject: appid, 'content-type': 'application/json' },
      json: { operation: { id: done.id, state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 } },
    });
    expect((await world.sim.calls({ appid })).filter((call) => call.effect)).toHaveLength(1);
  });

  it('Events carry the full message name, the deployment and the trace in their headers', async () => {
    const appid = newAppid();
    await world.run('Commit', { appid, ...version('1.0') });
    const seen = () => world.seen.filter(({ key }) => key === appid);
    await eventually(() => seen().length === 2);
    // Kafka gives messages of two topics no order.
    const published = seen().sort((a, b) => a.type.localeCompare(b.type));
    const [{ headers: { traceparent = '' } = {} } = {}] = published;
    expect(traceparent).toMatch(/^00-/);
    const writers = { CodeCommand: 'gateway', OperationCompleted: 'release-worker' };
    expect(published.map(({ headers }) => headers)).toMatchObject(
      Object.entries(writers).map(([name, writer]) => ({
        ce_type: `wxa.code.v1.${name}`,
        ce_source: `/wxa-code/acme/${writer}`,
        ce_dataschema: `https://type.googleapis.com/wxa.code.v1.${name}`,
        ce_traceparent: traceparent,
        traceparent,
      })),
    );
  });

  it('The operations of a mini-program run one at a time in the order of acceptance, queries included', async () => {
    const appid = newAppid();
    const accepted = [];
    for (let i = 0; i < 30; i++) accepted.push(await world.change('Commit', { appid, ...version(`1.${i}`) }));
    const pages = world.call('ListPages', { appid });
    await pages;
    const calls = await world.sim.calls({ appid });
    expect(calls.map((call) => call.api)).toEqual([...accepted.map(() => 'wxa/commit'), 'wxa/get_page']);
    const versions = calls.slice(0, -1).map((call) => JSON.parse(call.body).user_version);
    expect(versions).toEqual(accepted.map((_, i) => `1.${i}`));
    const summary = await world.sim.summary();
    expect(summary.apps[appid]?.maxConcurrentChanges).toBe(1);
  });

  it('A Release that WeChat rejects with 85019 fails after one attempt, with a hint and the rid', async () => {
    const appid = newAppid();
    const failed = await world.run('Release', { appid });
    expect(failed).toMatchObject({
      state: 'OPERATION_STATE_FAILED',
      attempts: 1,
      error: { errcode: 85019, category: 'ERROR_CATEGORY_STATE', retryable: false },
    });
    expect(failed.error?.hint).not.toBe('');
    expect(failed.error?.rid).not.toBe('');
  });

  it('A query whose response was lost is sent again', async () => {
    const appid = newAppid();
    await world.run('Commit', { appid, ...version('1.0') });
    await world.sim.addFault({ api: 'wxa/get_page', appid, kind: 'half', times: 1 });
    expect(await world.call('ListPages', { appid })).toMatchObject({ pages: expect.any(Array) });
    expect(await world.sim.calls({ appid, api: 'wxa/get_page' })).toHaveLength(2);
  });

  it('A change that hangs delays no other mini-program', async () => {
    const [slow, quick] = [newAppid(), newAppid()];
    const fault = await world.sim.addFault({ api: 'wxa/commit', appid: slow, kind: 'hang', when: 'before' });
    const held = await world.change('Commit', { appid: slow, ...version('1.0') });
    await eventually(async () => (await world.get(held.id)).state === 'OPERATION_STATE_RUNNING');
    expect(await world.run('Commit', { appid: quick, ...version('1.0') })).toMatchObject({
      state: 'OPERATION_STATE_SUCCEEDED',
    });
    await world.sim.releaseFault(fault.id);
    expect(await world.wait(held.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  });

  it('A SubmitAudit waits for the privacy check in Postgres for nearly a minute while queries pass', async () => {
    const appid = newAppid();
    await world.run('Commit', { appid, ...version('1.0') });
    await world.sim.addFault({ api: 'wxa/submit_audit', appid, kind: 'errcode', errcode: 61039 });
    const items = [AUDIT_ITEM];
    const waiting = await world.change('SubmitAudit', { appid, items });
    const delayed = await eventually(async () => {
      const operation = await world.get(waiting.id);
      expect(operation.state).toBe('OPERATION_STATE_RETRYING');
      return operation;
    });
    const waitMs = Number(delayed.nextAttemptTime) - Date.now();
    expect(waitMs).toBeGreaterThan(50_000);
    expect(await world.call('ListPages', { appid })).toMatchObject({ pages: expect.any(Array) });
    // Makes the retry due.
    await world.sql(`update operations set next_attempt_at = now() where id = $1`, [waiting.id]);
    expect(await world.wait(waiting.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 2 });
  });
});

describe('invalid commands', () => {
  it('Commands that cannot be run are dead-lettered unchanged, and their partition continues', async () => {
    const appid = newAppid();
    // Else a command without its operation proves that Postgres has lost time.
    await world.sql('insert into history_exempt (appid) values ($1)', [appid]);
    const unaccepted = { operationId: '01900000-0000-7000-8000-00000000ffff', appid, method: 'Release' };
    const { id } = await world.run('Commit', { appid: newAppid(), ...version('1.0') });
    const ofAnotherApp = { operationId: id, appid, method: 'Release' };
    const unknown = { key: appid, value: JSON.stringify({ ...unaccepted, release: { appid } }) };
    await world.produce('wxa.code.commands.v1', [
      { key: appid, value: 'garbage' },
      { key: appid, value: '{"operationId":"no"}' },
      { key: null, value: null },
      unknown,
      unknown,
      { key: appid, value: JSON.stringify({ ...ofAnotherApp, release: { appid } }) },
    ]);
    const deadLetters = () =>
      world.seen.filter(({ key, headers }) => 'dlq.reason' in headers && [appid, ''].includes(key));
    await eventually(() => deadLetters().length >= 6);
    expect(
      deadLetters()
        .map((m) => m.headers['dlq.reason'])
        .sort(),
    ).toEqual([
      'INVALID_OPERATION_ID',
      'NOT_A_COMMAND',
      'NOT_A_COMMAND',
      'UNKNOWN_OPERATION',
      'UNKNOWN_OPERATION',
      'UNKNOWN_OPERATION',
    ]);
    const garbage = deadLetters().find((m) => m.value === 'garbage');
    expect(garbage).toMatchObject({
      key: appid,
      headers: { 'dlq.topic': expect.stringMatching(/commands\.v1$/) },
    });
    expect(await world.run('Commit', { appid, ...version('1.0') })).toMatchObject({ attempts: 1 });
  });
});

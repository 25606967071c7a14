import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { withAdmin } from '@wxa/kafka';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { eventually, newAppid, startAgain, unary, useWorld, world, wxaHere } from '../use-world.js';
import { type ReadMessage, readTopics, valuesById } from './read-topics.js';

useWorld({ follow: false });

const republish = (...args: string[]) => wxaHere(['republish', ...args]);

const read = () => readTopics(world.stack.addresses.kafka, world.prefix);

const outboxIsEmpty = () =>
  eventually(async () => (await world.sql('select from outbox limit 1')).length === 0);

/** The messages that `wxa republish` repeats. */
function repeated(messages: ReadMessage[]): Map<string, string> {
  return valuesById(
    messages.filter(({ topic, type }) => topic !== TOPICS.commands && !/Delayed$/.test(type)),
  );
}

/** One operation in each state that is published, an audit ended by each source, and results that are not on Kafka. */
async function makeHistory(): Promise<string[]> {
  const appids = Array.from({ length: 6 }, newAppid);
  const [released = '', undone = '', failed = '', doubtful = '', resolved = '', retried = ''] = appids;
  for (const appid of [released, undone]) {
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  }
  await world.sim.decide(released, { decision: 'approve' });
  await eventually(async () => (await decided(released)) === 1);
  await world.run('Release', { appid: released });
  await world.call('GetTrialQrCode', { appid: released });
  await world.run('UndoAudit', { appid: undone });
  await world.run('Release', { appid: failed });
  for (const appid of [doubtful, resolved, retried]) {
    await world.sim.addFault({ api: 'wxa/getversioninfo', appid, kind: 'errcode', errcode: 48001, times: 0 });
    await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'lost' });
    const { id } = await world.run('Commit', { appid, templateId: 1n, userVersion: '1.1' });
    const waiting = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.2' });
    await unary(world.operations, 'cancelOperation', { id: waiting.id, reason: '' });
    if (appid === doubtful) continue;
    const resolution = appid === retried ? 'RESOLUTION_RETRY' : 'RESOLUTION_DONE';
    const by = { resolvedBy: 'me', reason: 'saw it', auditId: 0n };
    await unary(world.operations, 'resolveOperation', { id, resolution, ...by });
    await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_SUCCEEDED');
  }
  return appids;
}

const decided = async (appid: string) =>
  (await world.sql(`select from audits where appid = $1 and state <> 'OPEN'`, [appid])).length;

/** Deletes the topics and restarts the apps, which create them. */
async function loseTopics(): Promise<void> {
  await Promise.all(world.apps.map((app) => app.stop()));
  const topics = Object.values(TOPICS).map((topic) => world.prefix + topic);
  await withAdmin(world, (admin) => admin.deleteTopics({ topics }));
  await startAgain(...world.apps);
}

it('wxa republish restores each ce_id with an identical value after the topics were deleted', async () => {
  const since = new Date().toISOString();
  const [released = ''] = await makeHistory();
  await outboxIsEmpty();
  const before = repeated(await read());
  await loseTopics();
  expect(repeated(await read()).size).toBe(0);

  const done = await republish('--since', since);
  expect(done).toMatchObject({ code: 0, out: expect.stringContaining('republished') });
  await outboxIsEmpty();
  const messages = await read();
  const after = repeated(messages);
  // The doubt of an operation that has been resolved since is over.
  const ended = new Set([...after.keys()].map((id) => id.split('.')[0]));
  const expected = [...before].filter(([id]) => !/in-doubt/.test(id) || after.has(id));
  expect(Object.fromEntries(after)).toEqual(Object.fromEntries(expected));
  expect(new Set([...before.keys()].map((id) => id.split('.')[0]))).toEqual(ended);
  expect([...after.keys()].filter((id) => id.includes('.in-doubt.'))).toHaveLength(1);
  const ends = await world.sql<{ id: string; ended_at: Date }>(
    'select id, ended_at from operations where appid = $1 and ended_at is not null',
    [released],
  );
  for (const { id, ended_at } of ends)
    expect(messages.find((message) => message.id === `${id}.completed`)?.time).toBe(ended_at.toISOString());

  const trail = await world.sql<{ detail: object }>(
    `select detail from trail where action = 'republish.run'`,
  );
  expect(trail).toMatchObject([{ detail: { since, appid: null, topics: ['outcomes', 'audits'] } }]);
});

it('wxa republish repeats only one topic of one mini-program if asked to', async () => {
  const [appid, other] = [newAppid(), newAppid()];
  // WeChat's times are whole seconds: nothing below is decided in this one.
  const since = new Date(Math.floor(Date.now() / 1000) * 1000 - 1000).toISOString();
  for (const each of [appid, other]) {
    await world.run('Commit', { appid: each, templateId: 1n, userVersion: '1.0' });
    await world.run('SubmitAudit', { appid: each, items: [AUDIT_ITEM] });
    await world.sim.decide(each, { decision: 'reject', reason: '1:<br>x' });
    await eventually(async () => (await decided(each)) === 1);
  }
  /** Commit, SubmitAudit, and the read that confirmed the rejection; a callback that is repeated is confirmed again. */
  const ended = async (of: string) =>
    (await world.sql('select from operations where appid = $1 and ended_at is not null', [of])).length;
  expect(await ended(appid)).toBeGreaterThanOrEqual(3);
  const of = async (args: string[]) => (await republish('--since', since, ...args)).out.split('\n')[0];
  expect(await of(['--appid', appid])).toBe(`republished ${await ended(appid)} outcomes and 1 audits`);
  expect(await of(['--appid', appid, '--topic', 'audits'])).toBe('republished 1 audits');
  // Not of all: an operation that the test before left in doubt may be reconciled in these seconds.
  expect(await of(['--appid', other, '--topic', 'outcomes'])).toBe(
    `republished ${await ended(other)} outcomes`,
  );
  expect(await of(['--until', new Date(Date.parse(since) + 1).toISOString()])).toBe(
    'republished 0 outcomes and 0 audits',
  );
  await outboxIsEmpty();
  valuesById(await read());
});

it('wxa republish reports from when on operations are stored', async () => {
  await world.sql(
    `update history_state set queries_deleted_until = '9999-01-02', changes_deleted_until = '9999-01-01'`,
  );
  const { out } = await republish('--since', '2026-01-01T00:00:00Z', '--appid', newAppid());
  expect(out).toContain(
    'queries: ended after 9999-01-02T00:00:00.000Z; changes and audits: ended after 9999-01-01T00:00:00.000Z',
  );
});

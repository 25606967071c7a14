import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { withAdmin } from '@wxa/kafka';
import { eventually, newAppid, SUCCEEDED, useWorldPerTest } from '../use-world.js';
import type { World } from '../world.js';
import { commandCounts, commits } from './backlog-commits.js';

const start = useWorldPerTest();

it('Commands that Kafka delivers again use no reservation of the rate limit', async () => {
  const made = await start({ env: { WECHAT_RATE_PER_API: '2' } });
  const [done] = await commits(made, 1);
  const { appid = '', id = '' } = done ?? {};
  await made.wait(id);
  await eventually(() => made.messages('CodeCommand', appid).length === 1);
  const [command] = made.messages('CodeCommand', appid);
  const reservations = () => made.sql(`select * from api_places where api = 'wxa/commit' order by period`);
  const before = await reservations();
  await eventually(() => Date.now() - Date.parse(String(command?.json.createTime)) > 5_000);
  const again = Array.from({ length: 20 }, () => ({ key: appid, value: command?.value ?? '' }));
  await made.produce('wxa.code.commands.v1', again);
  // This change comes after them in its lane.
  await made.run('SetSupportVersion', { appid, version: '1.0.0' });
  expect(await reservations()).toEqual(before);
  expect(await made.get(id)).toMatchObject({ attempts: 1 });
});

const age = (of: World) => of.sql(`update operations set updated_at = now() - interval '16 minutes'`);

it('Operations whose Kafka records were deleted succeed without a second command, as do those that wait on Kafka', async () => {
  const made = await start();
  const [worker] = made.stack.workers;
  await made.run('SetSupportVersion', { appid: newAppid(), version: '1.0.0' });
  await worker?.stop();
  const waiting = await commits(made, 20);
  await eventually(() => made.messages('CodeCommand').length === 21);
  await age(made);
  await worker?.start();
  for (const { id } of waiting) expect(await made.wait(id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
  await worker?.stop();
  const lost = await commits(made, 20);
  await eventually(() => made.messages('CodeCommand').length === 41);
  await deleteRecords(made);
  await age(made);
  await worker?.start();
  for (const { id } of lost) expect(await made.wait(id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
  expect(Math.max(...commandCounts(made))).toBe(1);
});

async function deleteRecords(of: World): Promise<void> {
  const topic = of.prefix + TOPICS.commands;
  await withAdmin(of, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import type { App } from '@wxa/stack';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { startWorker } from '../programs.js';
import { useWorld, world } from '../use-world.js';

/** Hides a method from the table of a process, as if its version did not have it. */
const WITHOUT_LIST_PAGES = `
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) {
    const loaded = next(url, context);
    return url.endsWith('/release-worker/dist/bundle.js')
      ? { ...loaded, source: String(loaded.source).replace(/\\bListPages: \\{/, 'FormerListPages: {') }
      : loaded;
  } });`;

useWorld();

/** Starts a worker of an older version beside the worker of the world. */
async function startOldWorker(): Promise<App> {
  const worker = await startWorker(world, {
    ...{ WECHAT_TOKEN_SOURCE: 'endpoint', WECHAT_TOKEN_URL: `${world.stack.addresses.wechat}/sim/token` },
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(WITHOUT_LIST_PAGES)}`,
  });
  await worker.waitReady();
  return worker;
}

/** Before that, the command of a call would reach the old worker. */
const untilNoticed = () =>
  eventually(async () => {
    const { gateway } = world.stack;
    expect(await logged(gateway, 'methods refused')).toHaveLength(1);
  });

const listPages = (appid: string) => world.call('ListPages', { appid });
const isAccepted = (appid: string) =>
  listPages(appid).then(
    () => true,
    () => false,
  );

it('A gateway refuses a method that a running worker does not know with WORKERS_BEHIND, and nothing is dead-lettered', async () => {
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const old = await startOldWorker();
  try {
    await untilNoticed();
    const behind = { code: 'UNAVAILABLE', reason: 'WORKERS_BEHIND', retryAfterMs: 10_000 };
    expect(await refusalOf(listPages(appid))).toMatchObject(behind);
    expect(await world.call('GetVersionInfo', { appid })).toBeDefined();
    await old.stop();
    await eventually(() => isAccepted(appid));
  } finally {
    await old.stop();
  }
  expect(world.seen.filter(({ topic }) => topic === TOPICS.deadLetters)).toEqual([]);
});

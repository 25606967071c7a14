import { describe, expect, it } from '@jest/globals';
import type { App } from '@wxa/stack';
import { byLength } from '../length.js';
import { readMetric } from '../metrics/exposition.js';
import { eventually, logged, newAppid, useSharedWorld, world, wxaHere } from '../use-world.js';

useSharedWorld('rollouts');

const commit = () => world.run('Commit', { appid: newAppid(), templateId: 1n, userVersion: '1.0' });

describe('SIGUSR2', () => {
  it('SIGUSR2 turns the debug messages of a process on, and the next one turns them off', async () => {
    const { gateways, workers } = world.stack;
    await commit();
    for (const app of [...gateways, ...workers]) {
      app.kill('SIGUSR2');
      await eventually(async () => (await logged(app, 'log level changed')).length === 1);
      expect(await logged(app, 'log level changed')).toMatchObject([{ log_level: 'debug' }]);
    }
    const { id, appid } = await commit();
    const calls = async () => {
      const lines = await Promise.all(workers.map((worker) => logged(worker, 'wechat call')));
      return lines.flat().filter(({ api }) => api === 'wxa/commit');
    };
    const line = { operation: id, appid, method: 'Commit', result: 'ok', errcode: 0 };
    await eventually(async () => expect(await calls()).toMatchObject([line]));
    for (const app of [...gateways, ...workers]) {
      app.kill('SIGUSR2');
      await eventually(async () => (await logged(app, 'log level changed')).length === 2);
    }
    await commit();
    expect(await calls()).toHaveLength(1);
  });
});

describe('leases', () => {
  it('The lease of each task that one process does for all is logged once, by the process that holds it', async () => {
    const { gateways, workers } = world.stack;
    /** The leases that an app has logged as taken, without those that it has logged as lost. */
    const heldBy = async (app: App) => {
      const leases: unknown[] = [];
      for (const { lease, msg } of await logged(app, 'lease '))
        if (msg === 'lease taken') leases.push(lease);
        else leases.splice(leases.indexOf(lease), 1);
      return leases;
    };
    const held = async () => (await Promise.all([...gateways, ...workers].map(heldBy))).flat().sort();
    const outboxes = ['outbox-gateway', 'outbox-gateway-events', 'outbox-release-worker'];
    const all = ['backlog', 'fleet', ...outboxes, 'retention'];
    await eventually(async () => expect(await held()).toEqual(all));
  });
});

describe('wxa quota rate', () => {
  const quota = (...args: string[]) => wxaHere(['quota', 'rate', ...args]);
  /** The rates of an API that the workers report. */
  const rates = (api: string) => {
    const series = `wxa_rate_limit_per_second{api="${api}"}`;
    return Promise.all(world.stack.addresses.workers.map((url) => readMetric(url, series)));
  };
  const within2s = (api: string, rate: number | undefined) =>
    eventually(
      async () => expect(new Set(await rates(api))).toEqual(new Set([rate])),
      byLength({ short: 60_000, long: 2_000 }),
    );

  it('All workers use a new rate within 2 s, and the default again after the command default', async () => {
    expect(await quota('wxa/release', '20')).toMatchObject({
      code: 0,
      out: 'wxa/release: 20 calls per second (before: the default rate)\n',
    });
    await within2s('wxa/release', 19.3);
    await quota('*', '10');
    await quota('wxa/release', 'default');
    await within2s('wxa/release', 9.65);
    await quota('wxa/release', '0');
    await within2s('wxa/release', undefined);
    expect(await quota('*', 'default')).toMatchObject({ out: expect.stringContaining('every other API') });
  });
});

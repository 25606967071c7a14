import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { App } from '@wxa/stack';
import { useWorld, world } from '../use-world.js';
import { eventually, newAppid } from '../world.js';

useWorld();

const DEBUG = 20;

/** The lines of an app's log with the given message. */
async function logged({ logFile }: App, message: string) {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as { level: number; msg: string; api?: string })
    .filter(({ msg }) => msg === message);
}

const commit = () => world.run('Commit', { appid: newAppid(), templateId: 1n, userVersion: '1.0' });

describe('SIGUSR2', () => {
  const ON = 'debug messages are logged until the next SIGUSR2';

  it('SIGUSR2 turns debug messages of a gateway and of a worker on, and the next one turns them off', async () => {
    const [gateway, worker] = [world.stack.gateways[0], world.stack.workers[0]] as [App, App];
    await commit();
    for (const app of [gateway, worker]) {
      app.kill('SIGUSR2');
      await eventually(async () => (await logged(app, ON)).length === 1);
      expect(await logged(app, ON)).toMatchObject([{ level: DEBUG }]);
    }
    await commit();
    const calls = async () => (await logged(worker, 'wechat call')).filter(({ api }) => api === 'wxa/commit');
    await eventually(async () => expect(await calls()).toHaveLength(1));
    for (const app of [gateway, worker]) {
      app.kill('SIGUSR2');
      await eventually(async () => (await logged(app, 'log level changed')).length === 2);
    }
    await commit();
    expect(await calls()).toHaveLength(1);
    expect(await logged(gateway, ON)).toHaveLength(1);
  }, 30_000);
});

import { expect, it } from '@jest/globals';
import { ended } from '../release/change-cases.js';
import { eventually, useWorld, world } from '../use-world.js';
import { inLanes, newAppidOf, owners } from './partitions.js';

const WORKERS = 2;
const API = 'cgi-bin/wxopen/setweappsupportversion';
const APPIDS = Array.from({ length: WORKERS }, (_, partition) => newAppidOf(partition, WORKERS));

/** On SIGUSR2 a process suspends itself at its next connection, before it writes a byte of the request. */
const SUSPEND_WHILE_CONNECTING = `
  import { subscribe, unsubscribe } from 'node:diagnostics_channel';
  const connected = 'undici:client:connected';
  const suspend = () => {
    unsubscribe(connected, suspend);
    process.kill(process.pid, 'SIGSTOP');
  };
  process.on('SIGUSR2', () => subscribe(connected, suspend));`;

useWorld({
  workers: WORKERS,
  env: {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SUSPEND_WHILE_CONNECTING)}`,
    KAFKA_TOPIC_PARTITIONS: String(WORKERS),
    // A claim is valid for 4 s, less than Kafka's session time-out for a lost worker.
    WECHAT_TIMEOUT_MS: '3000',
    OPERATION_LEASE_MARGIN_MS: '1000',
    // With static tokens the call is the first connection of the worker.
    WECHAT_TOKEN_SOURCE: 'static',
    WECHAT_STATIC_TOKENS: JSON.stringify(
      Object.fromEntries(APPIDS.map((appid) => [appid, `sim-token:${appid}`])),
    ),
  },
});

it('A worker suspended while it connects for longer than its claim is valid sends nothing when it resumes', async () => {
  const [owner] = await owners(world);
  const [appid] = APPIDS;
  if (owner === undefined || appid === undefined) throw new Error('there are no workers');
  owner.worker.kill('SIGUSR2');
  expect(await inLanes(owner)).toBe(0);
  const { id } = await world.change('SetSupportVersion', { appid, version: '1.1.0' });
  expect(await ended(world, id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 2 });
  owner.worker.kill('SIGCONT');
  await eventually(async () => (await inLanes(owner)) === 0);
  const metrics = await (await fetch(`${owner.url}/metrics`)).text();
  expect(metrics).toMatch(/^wxa_settlements_fenced_total 1$/m);
  const calls = await world.sim.calls({ appid, api: API });
  expect(calls.map(({ effect }) => effect !== null)).toEqual([true]);
});

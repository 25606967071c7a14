import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { App, freePort } from '@wxa/stack';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { newBackends, startGateway } from '../gateway/running-gateway.js';
import { mainOf } from '../programs.js';
import { useFolder } from '../use-folder.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});
const folder = useFolder();

/** Waits until exactly these settings have been flagged in the metrics and warned of. */
async function untilFlagged(settings: string[], http: string, app: App): Promise<void> {
  await eventually(async () => {
    const metrics = await (await fetch(`${http}/metrics`)).text();
    const flagged = [...metrics.matchAll(/^wxa_insecure_setting\{setting="(\w+)"\} 1$/gm)];
    expect(flagged.map(([, name]) => name).sort()).toEqual(settings);
    const warned = (await logged(app, '')).filter(({ level, setting }) => level === 'warn' && setting);
    expect(warned.map(({ setting }) => setting).sort()).toEqual(settings);
  });
}

describe('wxa_insecure_setting', () => {
  it('The gateway flags plain callbacks, unencrypted calls, a missing policy, public metrics, topics with one replica and the owner of the schema, and warns of each once', async () => {
    const [GRPC_ADDR, HTTP_ADDR] = [`0.0.0.0:${await freePort()}`, `0.0.0.0:${await freePort()}`];
    const WECHAT_API_URL = 'http://wechat.invalid';
    const open = { GRPC_ADDR, HTTP_ADDR, AUTH: 'none', WECHAT_API_URL };
    const gateway = await startGateway(await newBackends(), open);
    cleanups.push(gateway.stop);
    const expected = ['callback_plain', 'grpc_plaintext', 'kafka_topic', 'no_policy', 'postgres_owner'];
    await untilFlagged([...expected, 'public_metrics'], gateway.http, gateway.app);
  });

  it('The worker flags static tokens and unencrypted servers of other machines before it has reached any', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const worker = new App({
      name: 'worker',
      script: mainOf('release-worker'),
      env: {
        DATABASE_URL: 'postgres://u:p@database.invalid/d',
        KAFKA_BROKERS: 'broker.invalid:9092',
        WECHAT_API_URL: 'http://wechat.invalid',
        WECHAT_TOKEN_SOURCE: 'static',
        WECHAT_STATIC_TOKENS: '{"*":"token"}',
        WORKER_HTTP_ADDR: address,
      },
      logFile: join(folder, 'worker.log'),
      readyUrl: `http://${address}/healthz`,
    });
    cleanups.push(() => worker.stop());
    await worker.start();
    await worker.waitReady();
    const expected = ['kafka_plaintext', 'postgres_plaintext', 'static_tokens', 'wechat_plaintext'];
    await untilFlagged(expected, `http://${address}`, worker);
  });
});

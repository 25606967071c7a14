import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createAuthority } from '@wxa/stack';
import { decryptMessage, parseXml } from '@wxa/wxa-client';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { ForwardTarget } from '../gateway/forward-target.js';
import { serve } from '../serve.js';
import { useFolder } from '../use-folder.js';
import { useSharedWorld, world } from '../use-world.js';
import { callbackUrl, checked, startChecks } from './adopt-checks.js';

useSharedWorld('release');

const folder = useFolder();
const stops: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));

/** The exit code, and the results of one check as texts. */
async function found(name: string, running: ReturnType<typeof startChecks>) {
  const { code, of } = await checked(running);
  return { code, lines: of(name).map(({ result, detail }) => `${result} ${detail}`) };
}

describe('--debug-demo', () => {
  it('It waits for the event of WeChat’s debugging page, and says where it arrived', async () => {
    const running = startChecks(2, ['--url', callbackUrl(), '--debug-demo', '--wait', '1m']);
    await eventually(() => running.result.err.includes('send debug_demo'));
    await world.sim.push(newAppid(), { event: 'debug_demo' });
    const { code, lines } = await found('callback', running);
    expect([code, lines.at(-1)]).toEqual([0, 'ok debug_demo arrived on wxa.platform.events.v1']);
  });

  it('If it does not come in time, the check fails; without a URL it is wrong usage', async () => {
    const running = startChecks(2, ['--url', callbackUrl(), '--debug-demo', '--wait', '1s']);
    const { code, lines } = await found('callback', running);
    const late = 'fail debug_demo did not arrive on wxa.platform.events.v1 within 1 s';
    expect([code, lines.at(-1)]).toEqual([1, late]);
    const { code: usage, err } = await startChecks(2, ['--debug-demo']).ended;
    expect([usage, err]).toEqual([64, expect.stringContaining('--debug-demo needs --url')]);
  });
});

describe('--send', () => {
  const send = (env: Record<string, string>) => found('forwards', startChecks(3, ['--send'], env));
  const rules = (targets: Record<string, string>) => {
    const file = join(folder, 'forwards.yaml');
    const lines = Object.entries(targets).map(
      ([name, at]) => `  - { name: ${name}, events: [text], url: "${at}/wx/$APPID$?own=1" }\n`,
    );
    writeFileSync(file, `version: 1\nforwards:\n${lines.join('')}`);
    return { CALLBACK_FORWARD_FILE: file };
  };

  it('Each target gets the callback that WeChat would send, for no customer; without --send nothing is sent', async () => {
    const target = new ForwardTarget();
    stops.push(async () => target.close());
    const { received } = target;
    const env = rules({ old: await target.listen() });
    const { lines } = await found('forwards', startChecks(3, [], env));
    expect([lines, received]).toEqual([['ok old: 127.0.0.1 accepts connections'], []]);
    expect((await send(env)).lines).toEqual(['ok old: it answered 200 success for wx0000000000000000']);
    const [{ url: asked, body } = { url: '', body: '' }] = received;
    expect(asked).toMatch(/^\/wx\/wx0{16}\?own=1&msg_signature=[0-9a-f]{40}&timestamp=\d+&nonce=/);
    const { WECHAT_ENCODING_AES_KEY: encodingAesKey = '' } = world.settings;
    const opened = decryptMessage({ encodingAesKey, encrypt: parseXml(body)?.Encrypt ?? '' });
    expect(parseXml(opened?.message ?? '')).toMatchObject({ MsgType: 'event', Event: 'wxa_adopt_check' });
    expect(received).toHaveLength(1);
  });

  it('A target that refuses it, redirects it or answers in plain text fails, each with its answer', async () => {
    const answering = async (status: number, body: string, headers = {}) => {
      const { url: at, stop } = await serve((_, response) => response.writeHead(status, headers).end(body));
      stops.push(stop);
      return at;
    };
    const env = rules({
      refusing: await answering(403, ''),
      redirecting: await answering(302, '', { location: '/elsewhere' }),
      plain: await answering(200, '<xml><Content>hello</Content></xml>'),
      empty: await answering(200, ''),
    });
    const { code, lines } = await send(env);
    expect([code, ...lines]).toEqual([
      1,
      'fail refusing: it answered 403 for wx0000000000000000',
      'fail redirecting: it answered 302 for wx0000000000000000',
      'fail plain: it answered 200 <xml><Content>hello</Content></xml> for wx0000000000000000',
      'ok empty: it answered 200 for wx0000000000000000',
    ]);
  });

  it('A target with TLS is reached if its certificate is verified', async () => {
    const authority = await createAuthority(folder);
    const { cert, key } = await authority.issue('target', { cn: 'target', names: ['IP:127.0.0.1'] });
    const certificate = { cert: readFileSync(cert), key: readFileSync(key) };
    const server: Server = createServer(certificate, (_, response) => response.end('success'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(async () => server.close().closeAllConnections());
    const env = rules({ tls: `https://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const trusted = { ...env, NODE_EXTRA_CA_CERTS: authority.ca };
    const answered = 'ok tls: it answered 200 success for wx0000000000000000';
    expect((await send(trusted)).lines).toEqual([answered]);
    const failed = /^fail tls: no connection to 127.0.0.1: .*CERT|^fail tls: .*(SELF|VERIFY|UNABLE)/;
    expect((await send(env)).lines).toEqual([expect.stringMatching(failed)]);
  });
});

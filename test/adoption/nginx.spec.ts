import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { type ForwardedRequest, ForwardTarget } from '../gateway/forward-target.js';
import { useFolder } from '../use-folder.js';
import { Nginx } from './nginx.js';

const APPID = 'wx0123456789abcdef';
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/adoption.md'), 'utf8');
const [, EXAMPLE = ''] = /```nginx\n([\s\S]*?)```/.exec(PAGE) ?? [];
/** What the page puts in place of three lines of the example. */
const [, IN_FRONT = ''] = /by `(proxy_pass [^`]+;)` in place of the three lines/.exec(PAGE) ?? [];
const THREE_LINES = /mirror \/copy;\s+keepalive_timeout 0;\s+proxy_pass http:\/\/old-program;/;

const folder = useFolder();
let nginx: Nginx;
const [old, gateway] = [new ForwardTarget(), new ForwardTarget()];
let hosts: string[];
beforeAll(async () => {
  const urls = await Promise.all([old.listen(), gateway.listen()]);
  hosts = urls.map((url) => new URL(url).host);
});
beforeEach(() => {
  for (const target of [old, gateway]) target.reset();
  old.answer = (response) => void response.end('of the old program');
  gateway.answer = (response) => void response.end('of the gateway');
});
afterEach(() => nginx?.stop());
afterAll(() => {
  for (const target of [old, gateway]) target.close();
});

/** Starts nginx with a part of a configuration that is in docs/adoption.md. */
async function start(example: string): Promise<void> {
  const port = await freePort();
  nginx = await Nginx.start(
    folder,
    port,
    `upstream old-program { server ${hosts[0]}; }
  upstream wxa-gateway { server ${hosts[1]}; }
${example.replace('server {', `server {\n  listen 127.0.0.1:${port};`)}`,
  );
}

/** Sends a callback with its path as it is. */
async function post(path: string, body: Buffer, agent?: Agent) {
  const headers = { 'content-type': 'text/xml', 'content-length': body.length };
  const options = { host: '127.0.0.1', port: nginx.port, path, method: 'POST', headers, agent };
  const [response] = (await once(send(options).end(body), 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

/** With what a URL would be written otherwise, bytes that are no text, and more than nginx keeps in memory. */
const QUERY = `?signature=x%20y&nonce=a+b|c'd&encrypt_type=aes&msg_signature=%2f/`;
const BODY = Buffer.from([
  ...Buffer.from('<xml>\r\n'),
  ...Array.from({ length: 200_000 }, (_, i) => i % 256),
]);
const received = (url: string): ForwardedRequest => ({
  ...{ method: 'POST', url, contentType: 'text/xml', body: BODY.toString('latin1') },
});
/** What the gateway gets of a mini-program's callback and of one of the platform. */
const BOTH = [received(`/wechat/callback/${APPID}${QUERY}`), received(`/wechat/callback${QUERY}`)];

it('The nginx of step 0 passes callbacks on byte for byte, and copies them to the gateway', async () => {
  await start(EXAMPLE);
  const ofOldProgram = { status: 200, body: 'of the old program' };
  expect(await post(`/wechat/${APPID}${QUERY}`, BODY)).toEqual(ofOldProgram);
  await eventually(() => gateway.received.length === 1);
  expect(await post(`/wechat/events${QUERY}`, BODY)).toEqual(ofOldProgram);
  await eventually(() => gateway.received.length === 2);
  expect(old.received).toEqual([received(`/wechat/${APPID}${QUERY}`), received(`/wechat/events${QUERY}`)]);
  expect(gateway.received).toEqual(BOTH);
});

it('With the nginx of step 0 a gateway that fails or hangs delays no answer of the old program', async () => {
  await start(EXAMPLE);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const late: ServerResponse[] = [];
  for (const answer of [
    (response: ServerResponse) => void response.writeHead(503).end(),
    (response: ServerResponse) => void response.destroy(),
    (response: ServerResponse) => void late.push(response),
  ]) {
    gateway.answer = answer;
    // The second one may come on the connection of the first.
    for (let time = 0; time < 2; time += 1)
      expect((await post(`/wechat/${APPID}${QUERY}`, BODY, agent)).status).toBe(200);
  }
  expect(old.received).toHaveLength(6);
  // Copies may arrive after the answers, and the test stops nginx when it ends.
  await eventually(() => gateway.received.length === 6);
  for (const response of late) response.end();
  agent.destroy();
});

it('The nginx of step 2 sends callbacks byte for byte to the gateway only, whose answers it returns', async () => {
  expect(EXAMPLE).toMatch(THREE_LINES);
  await start(EXAMPLE.replace(THREE_LINES, IN_FRONT));
  expect(await post(`/wechat/${APPID}${QUERY}`, BODY)).toEqual({ status: 200, body: 'of the gateway' });
  gateway.answer = (response) => void response.writeHead(503).end('try again');
  expect(await post(`/wechat/events${QUERY}`, BODY)).toEqual({ status: 503, body: 'try again' });
  expect(gateway.received).toEqual(BOTH);
  expect(old.received).toEqual([]);
});

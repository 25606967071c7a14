import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { EndpointTokens } from './endpoint-tokens.js';

const APPID = 'wx0123456789abcdef';
const answer = (response: ServerResponse, token: string) =>
  response.end(JSON.stringify({ access_token: token, expires_in: 7200 }));

let server: Server;
let tokens: EndpointTokens;
/** Requests without `refresh=1`, which the test answers. */
let reads: ServerResponse[];
let onRead: () => void;
let refreshes: number;
beforeEach(async () => {
  reads = [];
  refreshes = 0;
  server = createServer(({ url = '' }, response) => {
    if (!url.includes('refresh=1')) {
      reads.push(response);
      onRead();
      return;
    }
    refreshes += 1;
    answer(response, 'new');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  tokens = new EndpointTokens(`http://127.0.0.1:${port}/token`, async () => undefined);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('A rejected token is not the answer of a refresh, although a request that began before returns it', async () => {
  const isRead = new Promise<void>((resolve) => {
    onRead = resolve;
  });
  const got = tokens.get(APPID);
  await isRead;
  const refreshed = [tokens.refresh(APPID, 'old'), tokens.refresh(APPID, 'old')];
  for (const response of reads) answer(response, 'old');
  expect(await got).toEqual({ kind: 'token', token: 'old' });
  expect(await Promise.all(refreshed)).toEqual(Array(2).fill({ kind: 'token', token: 'new' }));
  expect([refreshes, await tokens.get(APPID)]).toEqual([1, { kind: 'token', token: 'new' }]);
});

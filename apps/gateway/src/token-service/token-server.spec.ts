import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { type ReadAnswer } from './answer-reads.js';
import { TokenServer } from './token-server.js';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('When connections end, a read in flight is answered first, and no connection of before takes another one', async () => {
  const waiting: ((answer: ReadAnswer) => void)[] = [];
  const server = new TokenServer(() => new Promise((resolve) => waiting.push(resolve)), undefined);
  const port = await freePort();
  await server.listen({ host: '127.0.0.1', port });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const read = async () => {
    const [response] = (await once(get({ port, agent, path: '/token' }), 'response')) as [IncomingMessage];
    return { body: await json(response), closes: response.headers.connection === 'close' };
  };
  const answerNext = async (body: object) => {
    while (waiting.length === 0) await new Promise(setImmediate);
    waiting.shift()?.({ status: 200, headers: {}, body });
  };
  try {
    const [before] = await Promise.all([read(), answerNext({ n: 1 })]);
    expect(before).toEqual({ body: { n: 1 }, closes: false });
    const inFlight = read();
    while (waiting.length === 0) await new Promise(setImmediate);
    server.endConnections();
    await answerNext({ n: 2 });
    expect(await inFlight).toEqual({ body: { n: 2 }, closes: true });
    const [after] = await Promise.all([read(), answerNext({ n: 3 })]);
    expect(after).toEqual({ body: { n: 3 }, closes: false });
  } finally {
    agent.destroy();
    await server.close();
  }
});

/** @alone Judges response times. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, expect, it } from '@jest/globals';
import { useSharedGateway } from '../gateway/use-gateway.js';

const HELD = 2000;
const PROBES = ['/healthz', '/readyz', '/metrics'];
const { gateway } = useSharedGateway('limited');
const held: Socket[] = [];
afterAll(() => {
  for (const socket of held) socket.destroy();
});

/** Opens a connection to HTTP_ADDR that sends the beginning of a callback, and nothing more. */
async function hold(http: string): Promise<void> {
  const { hostname, port } = new URL(http);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  held.push(socket);
  await once(socket, 'connect');
  socket.write(
    'POST /wechat/callback/wx0123456789abcdef HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\na',
  );
}

it(`Each probe answers within 1 s while ${HELD} connections to HTTP_ADDR are held`, async () => {
  const { admin, http } = gateway;
  for (let n = 0; n < HELD; n += 100) await Promise.all(Array.from({ length: 100 }, () => hold(http)));
  expect(held.filter((socket) => !socket.destroyed)).toHaveLength(HELD);
  for (const probe of [...PROBES, ...PROBES, ...PROBES]) {
    const { status } = await fetch(admin + probe, { signal: AbortSignal.timeout(1000) });
    expect({ probe, status }).toEqual({ probe, status: 200 });
  }
  expect(held.filter((socket) => !socket.destroyed)).toHaveLength(HELD);
});

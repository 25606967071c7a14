import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import Connection from 'kafkajs/src/network/connection.js';
import './kafkajs-patches.js';

const silent = { namespace: () => silent, debug: () => undefined, error: () => undefined };

it('An authentication is rejected if its connection is reset before the response.', async () => {
  const socket = Object.assign(new EventEmitter(), {
    write: () => true,
    end: () => undefined,
    unref: () => undefined,
  });
  const socketFactory = ({ onConnect }: { onConnect(): void }) => {
    setImmediate(onConnect);
    return socket;
  };
  const connection = new Connection({ host: 'broker', port: 9092, logger: silent, socketFactory });
  await connection.connect();
  const answer = connection.sendAuthRequest({ request: { encode: async () => Buffer.alloc(0) } });
  socket.emit('error', new Error('read ECONNRESET'));
  await expect(answer).rejects.toThrow('Connection closed by the server');
});

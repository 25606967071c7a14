import { EventEmitter } from 'node:events';
import { expect, it, jest } from '@jest/globals';
import Runner from 'kafkajs/src/consumer/runner.js';
import Connection from 'kafkajs/src/network/connection.js';
import './kafkajs-patches.js';

const silent = { namespace: () => silent, debug: () => undefined, error: () => undefined };

it('An authentication is rejected if its connection is reset before the response.', async () => {
  const ignore = () => undefined;
  const socket = Object.assign(new EventEmitter(), { write: () => true, end: ignore, unref: ignore });
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

it('A consumer whose crash fails before its restart crashes again a second later, with an error that restarts it.', async () => {
  jest.useFakeTimers();
  const crashes: (Error & { retriable?: boolean })[] = [];
  const runner: Runner = Object.assign(Object.create(Runner.prototype), {
    consumerGroup: { connect: () => Promise.reject(new Error('connection closed')) },
    onCrash: async (error: Error) => {
      crashes.push(error);
      if (crashes.length < 3) throw new TypeError(`of a test ${crashes.length}`);
    },
  });
  const started = runner.start();
  await jest.advanceTimersByTimeAsync(2_000);
  await started;
  jest.useRealTimers();
  expect(crashes.map(({ message }) => message)).toEqual(['connection closed', 'of a test 1', 'of a test 2']);
  expect(crashes.map(({ retriable }) => retriable)).toEqual([true, true, true]);
});

import { expect, it } from '@jest/globals';
import { WrongConfiguration } from '../processes/stack-error.js';
import { Parts, type StackPart } from './parts.js';

it('Parts stops users before what they use, in whatever order they were started', async () => {
  const stopped: string[] = [];
  const parts = new Parts(undefined);
  const add = (name: string, turn: StackPart['turn']) =>
    parts.add({ name, turn, stop: async () => stopped.push(name) });
  add('logs', 'last');
  add('postgres', 'server');
  add('gateway', 'app');
  add('sim', 'simulator');
  await Promise.all([parts.stop(), parts.stop()]);
  expect(stopped).toEqual(['gateway', 'sim', 'postgres', 'logs']);
});

it('Parts aborts the other starts when one fails, and waits until they have cleaned up', async () => {
  const parts = new Parts(undefined);
  let cleanedUp = false;
  const other = new Promise<never>((_resolve, reject) => {
    parts.signal.addEventListener('abort', () => {
      cleanedUp = true;
      reject(parts.signal.reason);
    });
  });
  const fault = new Error('no port');
  await expect(parts.all([other, Promise.reject(fault)])).rejects.toBe(fault);
  expect(cleanedUp).toBe(true);
});

it('Parts throws the configuration errors of all apps as one error, each once', () => {
  const parts = new Parts(undefined);
  parts.throwCollected();
  parts.collect(new WrongConfiguration('gateway', 'HTTP_ADDR: must be host:port'));
  parts.collect(new WrongConfiguration('worker-1', 'WECHAT_TIMEOUT_MS: must be a number'));
  parts.collect(new WrongConfiguration('worker-2', 'WECHAT_TIMEOUT_MS: must be a number'));
  expect(() => parts.throwCollected()).toThrow(
    'gateway has an invalid configuration:\nHTTP_ADDR: must be host:port\n' +
      'worker-1 has an invalid configuration:\nWECHAT_TIMEOUT_MS: must be a number',
  );
  expect(() => parts.collect(new Error('other'))).toThrow('other');
});

it('Parts reports a server that exits unexpectedly, but not one that was stopped', async () => {
  const parts = new Parts(undefined);
  const exited = Promise.resolve({ code: 1, signal: null });
  parts.add({ name: 'Kafka', turn: 'server', stop: async () => undefined, exited });
  await expect(parts.broken).resolves.toBe('Kafka exited unexpectedly (exit 1).');
});

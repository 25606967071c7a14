import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { App } from '@wxa/stack';
import { ownEnds } from './app-log.js';

it('An app that ends by itself is listed with its last fatal line, so that its world fails, and one that a test ends is not', async () => {
  const program = `console.log('{"level":"fatal"}'); setTimeout(() => process.exit(1), 200)`;
  const logFile = join(tmpdir(), `app-log-${process.pid}.log`);
  const options = { script: '', nodeFlags: ['--eval', program], env: {}, logFile, readyUrl: '' };
  const app = new App({ name: 'worker', ...options });
  await app.start();
  app.kill('SIGKILL');
  await app.exited;
  expect(await ownEnds([app])).toEqual([]);
  await app.start();
  await app.exited;
  expect(await ownEnds([app])).toEqual(['worker [{"code":1,"signal":null}] {"level":"fatal"}']);
  await rm(logFile);
});

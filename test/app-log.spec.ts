import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { App } from '@wxa/stack';
import { ownEnds } from './app-log.js';

const FATAL = `console.log('{"level":"fatal","msg":"unhandled rejection"}'); process.exit(1)`;

/** An app that runs a program. */
async function running(program: string): Promise<App> {
  const logFile = join(tmpdir(), `app-log-${process.pid}.log`);
  const options = { script: '', nodeFlags: ['--eval', program], env: {}, logFile, readyUrl: '' };
  const app = new App({ name: 'worker', ...options });
  await app.start();
  return app;
}

describe('ownEnds', () => {
  it('An app that ends by itself is listed with its last fatal line, so that its world fails', async () => {
    const app = await running(FATAL);
    await app.exited;
    expect(await ownEnds([app])).toEqual([
      'worker [{"code":1,"signal":null}] {"level":"fatal","msg":"unhandled rejection"}',
    ]);
    await rm(app.logFile);
  });

  it('An app that a test kills or stops is not listed', async () => {
    const killed = await running('setInterval(() => undefined, 1000)');
    killed.kill('SIGKILL');
    await killed.exited;
    await killed.start();
    await killed.stop();
    expect(await ownEnds([killed])).toEqual([]);
    await rm(killed.logFile);
  });
});

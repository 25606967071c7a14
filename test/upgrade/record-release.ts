import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { METHODS } from '@wxa/contracts';
import { type Folder, secretsIn, temporaryFolder } from '@wxa/stack';
import { eventually } from '../eventually.js';
import { World } from '../world.js';
import { dumpDatabase } from './database-dump.js';
import { intoEveryState, statesAndMethods } from './every-state.js';
import { fixture, PLATFORM } from './recorded-release.js';

const STATES = ['CANCELLED', 'FAILED', 'IN_DOUBT', 'QUEUED', 'RETRYING', 'RUNNING', 'SUCCEEDED'];
const TYPES = ['AuditCompleted', 'AuditDelayed', 'CodeCommand', 'OperationCompleted', 'OperationInDoubt'];

let folder: Folder;
let world: World;
beforeAll(async () => {
  folder = await temporaryFolder('record');
  world = await World.start({
    env: {
      ...PLATFORM,
      WECHAT_TOKEN_SOURCE: 'component',
      WECHAT_TIMEOUT_MS: '60000',
      SIM_STATE_FILE: join(folder.path, 'simulator.json'),
    },
  });
});
afterAll(async () => {
  await world?.stop();
  await folder?.release();
});

// `npm run record:upgrade`, at the commit of a release.
it('The database and the messages of this version are recorded in every state', async () => {
  await intoEveryState(world);
  const { states, methods } = await statesAndMethods(world);
  expect(states).toEqual(STATES);
  expect(methods).toEqual(Object.keys(METHODS).sort());
  for (const type of TYPES) await eventually(() => world.messages(type).length > 0);

  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  const messages = world.seen.map(({ topic, key, headers, value }) =>
    JSON.stringify({ topic, key, headers, value }),
  );
  expect(secretsIn(messages.join('\n'), PLATFORM)).toEqual([]);
  await mkdir(dirname(fixture(version, 'dump')), { recursive: true });
  await writeFile(fixture(version, 'dump'), await dumpDatabase(world.stack.addresses.postgres));
  await writeFile(fixture(version, 'messages'), `${messages.join('\n')}\n`);
  await writeFile(
    fixture(version, 'release'),
    `${JSON.stringify({ version, commit, recordedAt: new Date() })}\n`,
  );
  await copyFile(join(folder.path, 'simulator.json'), fixture(version, 'simulator'));
});

import { setImmediate as others } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Conductor } from './conductor.js';

it('Conductor runs no turn while Postgres is not verified, because what a turn accepts may have been accepted before', async () => {
  let isVerified = false;
  let turns = 0;
  const turn = async () => {
    turns += 1;
    return undefined;
  };
  const conductor = new Conductor(
    { rollouts: { turn } },
    {
      ...{ waits: { privacyWaitMs: 0, verifyDelaysMs: [0] }, checksAuthorization: false, platform: '' },
      mayRun: () => isVerified,
      onTurn: () => undefined,
      onFailure: () => undefined,
    },
  );
  conductor.wakeUp();
  await others();
  expect(turns).toBe(0);
  isVerified = true;
  conductor.wakeUp();
  await others();
  expect(turns).toBe(1);
  await conductor.stop();
});

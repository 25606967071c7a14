import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { claimed, OperationSteps, settlement } from './operation-steps.js';
import { type ScratchStore, scratchStore } from './scratch-store.js';

const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const API = 'wxa/submit_audit';
const DAY_MS = 24 * 3_600_000;

let scratch: ScratchStore;
let steps: OperationSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new OperationSteps(scratch);
});
afterAll(() => scratch?.close());

async function lift(): Promise<string> {
  const env = { ...process.env, DATABASE_URL: scratch.url };
  return (await promisify(execFile)(process.execPath, [CLI, 'quota', 'lift', API], { env })).stdout;
}

/** An operation that waited for the API until the stop had passed and is now in the backlog. */
async function parkedAndPromoted(appid: string): Promise<string> {
  const [id = ''] = await steps.accept(1, appid);
  await scratch.worker.limits.stop(API, 85085, 'used up');
  expect(await scratch.worker.operations.delayForApi({ id, api: API, partition: 0 })).toEqual({
    stopped: true,
    delayed: true,
  });
  await scratch.sql('update operations set next_attempt_at = now() where id = $1', [id]);
  expect(await scratch.worker.backlog.promoteDue([0], 500)).toBe(1);
  return id;
}

it('Lifting the stop of an API does not make an operation due that is delayed for another reason by now', async () => {
  const appid = 'wx00000000000000a1';
  const id = await parkedAndPromoted(appid);
  const again = { delayed: true, retryInMs: DAY_MS };
  await scratch.worker.operations.settle(settlement(claimed(await steps.claim(id)), 'RETRYING', again));
  expect(await lift()).toContain('0 operations');
  const [row] = await scratch.sql<{ at: Date }>(
    'select next_attempt_at as at from operations where id = $1',
    [id],
  );
  expect((row?.at.getTime() ?? 0) - Date.now()).toBeGreaterThan(DAY_MS / 2);
});

it('Lifting the stop of an API makes an operation due that waits for it a second time', async () => {
  const appid = 'wx00000000000000a2';
  const id = await parkedAndPromoted(appid);
  expect(await scratch.worker.operations.delayForApi({ id, api: API, partition: 0 })).toEqual({
    stopped: true,
    delayed: true,
  });
  expect(await lift()).toContain('1 operations');
  expect(await scratch.worker.backlog.promoteDue([0], 500)).toBe(1);
});

it('A settlement clears the wait for an API that an earlier version left', async () => {
  const [id = ''] = await steps.accept(1, 'wx00000000000000a3');
  await scratch.sql('update operations set waits_for_api = $2 where id = $1', [id, API]);
  const again = { delayed: true, retryInMs: DAY_MS };
  await scratch.worker.operations.settle(settlement(claimed(await steps.claim(id)), 'RETRYING', again));
  await scratch.worker.limits.stop(API, 85085, 'used up');
  expect(await lift()).toContain('0 operations');
});

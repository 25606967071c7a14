import { expect, it } from '@jest/globals';
import { APPID, claimed, idleTools } from './fixtures/release.js';
import { runner } from './fixtures/runner.js';

/** Runs the steps of a Release that expects audit 8, while WeChat returns these latest audits and then the last again. */
async function run(audits: number[], given: object = {}) {
  let released = 0;
  const client = Object.assign(idleTools().client, {
    getLatestAuditStatus: async () => {
      const [auditId = 0] = audits.length > 1 ? audits.splice(0, 1) : audits;
      return { kind: 'ok', value: { auditId: BigInt(auditId), state: 'APPROVED' } };
    },
    release: async () => {
      released += 1;
      return { kind: 'ok', value: {} };
    },
  });
  const claim = claimed({ ...given, request: { appid: APPID, expectedAuditId: '8' } });
  const { run: step, settled } = runner(claim, { client });
  const pauses: number[] = [];
  for (let next = await step(); next.kind === 'again'; next = await step()) pauses.push(next.afterMs);
  return { pauses, last: settled.at(-1), released };
}

const MISMATCH = expect.stringContaining('VERSION_MISMATCH');

it('A mismatch is the result at its third read, 1 s and 2 s apart.', async () => {
  expect(await run([7])).toMatchObject({
    ...{ pauses: [1_000, 2_000], released: 0 },
    last: { state: 'FAILED', attempts: 0, error: MISMATCH },
  });
});

it('A mismatch that disappears by the third read is not the result.', async () => {
  expect(await run([7, 7, 8])).toMatchObject({
    ...{ pauses: [1_000, 2_000], released: 1 },
    last: { state: 'SUCCEEDED', attempts: 1 },
  });
});

it.each([0, 3])(
  'A mismatch after an attempt that may have been executed is IN_DOUBT, also after %i negative reads.',
  async (negativeReads) => {
    expect(await run([7], { mayHaveActed: true, negativeReads })).toMatchObject({
      ...{ released: 0, last: { state: 'IN_DOUBT', attempts: 0, error: MISMATCH } },
    });
  },
);

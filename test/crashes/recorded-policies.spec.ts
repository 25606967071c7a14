import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { ListTrailRequest } from '@wxa/contracts';
import { kill, startAgain } from '../app-steps.js';
import { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';

const policy = new TestPolicy({ oncall: {} });
const { gateway, database } = useGateway({ AUTH_POLICY_FILE: policy.file });

it('The policies that a gateway starts with and reads later are recorded with the one before, also if it is killed', async () => {
  const loaded = `select detail from trail where action = 'policy.loaded' order by at`;
  const areRecorded = (count: number) =>
    eventually(async () => (await database.rows(loaded)).length === count);
  await areRecorded(1);
  policy.write({ oncall: {}, second: {} });
  await areRecorded(2);
  await kill(gateway.app);
  await startAgain(gateway.app);
  await areRecorded(3);
  const details = (await database.rows(loaded)).map(({ detail }) => detail as Record<string, string>);
  const [first, second, again] = details;
  expect(details.map(({ before }) => before)).toEqual([null, first?.sha256, null]);
  expect(second?.sha256).not.toBe(first?.sha256);
  expect(again?.sha256).toBe(second?.sha256);
  expect(again?.instance).not.toBe(first?.instance);
  const [stored] = await database.rows('select files from policies where sha256 = $1', [second?.sha256]);
  expect(stored?.files).toEqual({ 'policy.yaml': await readFile(policy.file, 'utf8'), 'listed.txt': '' });
});

it('Denied calls leave a row with their number when the gateway stops at the latest', async () => {
  const request = ListTrailRequest.fromPartial({});
  const list = (headers: Record<string, string>) =>
    refusalOf(call(gateway.platform, gateway.platform.listTrail, request, { headers }));
  for (let i = 0; i < 20; i++) await list({});
  policy.write({ oncall: { allow: [{ methods: ['Operations/*'], appids: 'all' }] } });
  await eventually(async () => (await list(policy.headers('oncall'))).reason === 'CALLER_NOT_ALLOWED');
  await gateway.app.stop();
  const rows = await database.rows(
    `select caller, sum((detail->>'calls')::int)::int as calls, count(*)::int as rows from trail
     where action = 'calls.denied' group by caller order by caller`,
  );
  expect(rows).toMatchObject([
    { caller: '(unknown)', calls: 20 },
    { caller: 'oncall', calls: 1, rows: 1 },
  ]);
});

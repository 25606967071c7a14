import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ListTrailRequest } from '@wxa/contracts';
import { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';

const policy = new TestPolicy({ oncall: {} });
const { gateway, database } = useGateway({ AUTH_POLICY_FILE: policy.file });
afterAll(() => policy.remove());

const headers = policy.headers('oncall');

interface Denied {
  calls: number;
}

describe('trail with a policy', () => {
  it('The policies that a gateway starts with and reads later are recorded with the one before, also if it is killed', async () => {
    const loaded = `select detail from trail where action = 'policy.loaded' order by at`;
    const areRecorded = (count: number) =>
      eventually(async () => (await database.rows(loaded)).length === count);
    await areRecorded(1);
    policy.write({ oncall: {}, second: {} });
    await areRecorded(2);
    gateway.app.kill('SIGKILL');
    await gateway.app.exited;
    await gateway.app.start();
    await gateway.app.waitReady();
    await areRecorded(3);
    policy.write({ oncall: {}, second: {}, third: {} });
    await areRecorded(4);
    const details = (await database.rows(loaded)).map(({ detail }) => detail as Record<string, string>);
    const [first, second, again, last] = details.map(({ sha256 }) => sha256);
    expect(new Set([first, second, last]).size).toBe(3);
    expect(again).toBe(second);
    expect(details.map(({ before }) => before)).toEqual([null, first, null, again]);
    expect(new Set(details.map(({ instance }) => instance)).size).toBe(2);
    const [stored] = await database.rows('select files from policies where sha256 = $1', [last]);
    expect(stored?.files).toEqual({ 'policy.yaml': await readFile(policy.file, 'utf8'), 'listed.txt': '' });
  }, 60_000);

  it('Denied calls leave one row per caller and minute, with their number, when the gateway stops at the latest', async () => {
    const request = ListTrailRequest.fromPartial({});
    const list = (as: Record<string, string>) =>
      refusalOf(call(gateway.platform, gateway.platform.listTrail, request, { headers: as }));
    for (let i = 0; i < 20; i++) await list({});
    policy.write({ oncall: { allow: [{ methods: ['Operations/*'], appids: 'all' }] } });
    await eventually(async () => (await list(headers)).reason === 'CALLER_NOT_ALLOWED');
    await gateway.app.stop();
    const rows = await database.rows(
      `select caller, detail from trail where action = 'calls.denied' order by caller`,
    );
    const of = (caller: string) =>
      rows.filter((row) => row.caller === caller).map(({ detail }) => detail as Denied);
    const sum = (details: Denied[]) => details.reduce((calls, detail) => calls + detail.calls, 0);
    expect(sum(of('(unknown)'))).toBe(20);
    expect(sum(of('oncall'))).toBe(1);
    expect(of('oncall')).toMatchObject([
      { codes: { PermissionDenied: 1 }, methods: { 'Platform/ListTrail': 1 } },
    ]);
    expect(rows.length).toBeLessThanOrEqual(4);
  }, 60_000);
});

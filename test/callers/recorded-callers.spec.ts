import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { CommitRequest, ListTrailRequest, Resolution } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';
import { TestPolicy } from './test-policy.js';

const policy = new TestPolicy({ oncall: { allow: [{ methods: ['*'], appids: 'all' }] } });
const { gateway, database } = useGateway({ AUTH_POLICY_FILE: policy.file });
afterAll(() => policy.remove());

const headers = { ...policy.headers('oncall'), 'wxa-on-behalf-of': 'li%20hua' };

interface Denied {
  calls: number;
}

describe('trail with a policy', () => {
  it('ResolveOperation stores the caller before resolved_by and records caller and person in the trail', async () => {
    const appid = `wxa${'0'.repeat(15)}`;
    const request = CommitRequest.fromPartial({ appid, userVersion: 'V1', templateId: 1n });
    const { id } = await call(gateway.code, gateway.code.commit, request, { headers });
    await database.rows(`update operations set state = 'IN_DOUBT' where id = $1`, [id]);
    const resolve = () =>
      call(
        gateway.operations,
        gateway.operations.resolveOperation,
        { id, resolution: Resolution.RESOLUTION_DONE, resolvedBy: 'op', reason: 'seen', auditId: 0n },
        { headers },
      );
    await resolve();
    expect((await refusalOf(resolve())).reason).toBe('OPERATION_NOT_IN_DOUBT');
    const stored = await database.rows('select resolved_by, on_behalf_of from operations where id = $1', [
      id,
    ]);
    expect(stored).toEqual([{ resolved_by: 'oncall: op', on_behalf_of: 'li hua' }]);
    expect(await database.rows('select * from trail where operation_id = $1', [id])).toMatchObject([
      {
        action: 'operation.resolved',
        caller: 'oncall',
        on_behalf_of: 'li hua',
        appid,
        detail: { state: 'SUCCEEDED', resolvedBy: 'oncall: op', reason: 'seen' },
      },
    ]);
  });

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

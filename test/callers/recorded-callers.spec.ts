import { afterAll, describe, expect, it } from '@jest/globals';
import { CommitRequest, Resolution } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call, refusalOf } from '../gateway/calls.js';
import { useGateway } from '../gateway/use-gateway.js';
import { TestPolicy } from './test-policy.js';

const policy = new TestPolicy({ oncall: { allow: [{ methods: ['*'], appids: 'all' }] } });
const { gateway, database } = useGateway({ AUTH_POLICY_FILE: policy.file });
afterAll(() => policy.remove());

const headers = { ...policy.headers('oncall'), 'wxa-on-behalf-of': 'li%20hua' };

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

  it('The policies that a gateway starts with and reads later are recorded once by their SHA-256, also if it is killed', async () => {
    const loaded = `select detail ->> 'sha256' as sha256 from trail where action = 'policy.loaded'`;
    const areRecorded = (count: number) =>
      eventually(async () => (await database.rows(loaded)).length === count);
    await areRecorded(1);
    policy.write({ oncall: {}, second: {} });
    await areRecorded(2);
    gateway.app.kill('SIGKILL');
    await gateway.app.exited;
    await gateway.app.start();
    await gateway.app.waitReady();
    policy.write({ oncall: {}, second: {}, third: {} });
    await areRecorded(3);
    expect(await database.rows(loaded)).toEqual(
      Array(3).fill({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }),
    );
  }, 60_000);
});

import { describe, expect, it } from '@jest/globals';
import { CancelOperationRequest, CommitRequest, ListTrailRequest, Resolution } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { call, refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { usePolicy } from './shared-policy.js';

const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  oncall: { mayActFor: true },
  script: {},
  team: { allow: [{ methods: ['*'], appids: ['wxa*'] }] },
  excluded: { deny: [{ methods: ['Platform/*'], appids: ['wxb*'] }] },
});

const headers = { ...policy.headers('oncall'), 'wxa-on-behalf-of': 'li%20hua' };

describe('trail with a policy', () => {
  it('ResolveOperation stores the caller before resolved_by and records caller and person in the trail', async () => {
    const appid = newAppid();
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

  it('The person that a caller without mayActFor names in the metadata is not recorded, and one in a request is refused', async () => {
    const headers = { ...policy.headers('script'), 'wxa-on-behalf-of': 'zhang' };
    const commit = CommitRequest.fromPartial({ appid: newAppid(), userVersion: 'V1', templateId: 1n });
    const accepted = await call(gateway.code, gateway.code.commit, commit, { headers });
    expect(accepted).toMatchObject({ acceptedBy: 'script', onBehalfOf: '' });
    const { platform } = gateway;
    const request = { api: 'wxa/release', onBehalfOf: 'zhang', reason: '' };
    const lift = call(platform, platform.liftApiStop, request, { headers });
    expect(await refusalOf(lift)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'on_behalf_of', description: 'requires mayActFor of caller script' }],
    });
    const cancel = CancelOperationRequest.fromPartial({ id: accepted.id });
    await call(gateway.operations, gateway.operations.cancelOperation, cancel, { headers });
    const trail = 'select caller, on_behalf_of from trail where operation_id = $1';
    expect(await database.rows(trail, [accepted.id])).toEqual([{ caller: 'script', on_behalf_of: null }]);
  });

  it('ListTrail is for callers that may call it for all mini-programs', async () => {
    const list = (caller: string) =>
      call(gateway.platform, gateway.platform.listTrail, ListTrailRequest.fromPartial({}), {
        headers: policy.headers(caller),
      });
    expect((await list('oncall')).rows.length).toBeGreaterThan(0);
    for (const caller of ['team', 'excluded'])
      expect(await refusalOf(list(caller))).toMatchObject({
        code: 'PERMISSION_DENIED',
        reason: 'CALLER_NOT_ALLOWED',
      });
  });
});

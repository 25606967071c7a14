import { expect, it } from '@jest/globals';
import { Resolution } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { refusalOf } from '../gateway/calls.js';
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

const COMMIT = { userVersion: 'V1', templateId: 1n };

it('ResolveOperation stores the caller before resolved_by and records caller and person in the trail', async () => {
  const appid = newAppid();
  const { id } = await gateway.rpc('commit', { appid, ...COMMIT }, { headers });
  await database.rows(`update operations set state = 'IN_DOUBT' where id = $1`, [id]);
  const resolution = Resolution.RESOLUTION_DONE;
  const resolve = (reason: string) =>
    gateway.rpc('resolveOperation', { id, resolution, resolvedBy: 'op', reason }, { headers });
  await resolve('seen');
  expect((await refusalOf(resolve('other'))).reason).toBe('OPERATION_NOT_IN_DOUBT');
  const stored = 'select resolved_by, on_behalf_of from operations where id = $1';
  expect(await database.rows(stored, [id])).toEqual([{ resolved_by: 'oncall: op', on_behalf_of: 'li hua' }]);
  expect(await database.rows('select * from trail where operation_id = $1', [id])).toMatchObject([
    {
      ...{ action: 'operation.resolved', caller: 'oncall', on_behalf_of: 'li hua', appid },
      detail: { state: 'SUCCEEDED', resolvedBy: 'oncall: op', reason: 'seen' },
    },
  ]);
});

it('The person that a caller without mayActFor names in the metadata is not recorded, and one in a request is refused', async () => {
  const headers = { ...policy.headers('script'), 'wxa-on-behalf-of': 'zhang' };
  const accepted = await gateway.rpc('commit', { appid: newAppid(), ...COMMIT }, { headers });
  expect(accepted).toMatchObject({ acceptedBy: 'script', onBehalfOf: '' });
  const lift = gateway.rpc('liftApiStop', { api: 'wxa/release', onBehalfOf: 'zhang' }, { headers });
  expect(await refusalOf(lift)).toMatchObject({
    code: 'INVALID_ARGUMENT',
    violations: [{ field: 'on_behalf_of', description: 'requires mayActFor of caller script' }],
  });
  await gateway.rpc('cancelOperation', { id: accepted.id }, { headers });
  const trail = 'select caller, on_behalf_of from trail where operation_id = $1';
  expect(await database.rows(trail, [accepted.id])).toEqual([{ caller: 'script', on_behalf_of: null }]);
});

it('ListTrail is for callers that may call it for all mini-programs', async () => {
  const list = (caller: string) => gateway.rpc('listTrail', {}, policy.as(caller));
  expect((await list('oncall')).rows.length).toBeGreaterThan(0);
  const denied = { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' };
  for (const caller of ['team', 'excluded']) {
    const metadata = { caller, method: 'Platform/ListTrail' };
    expect(await refusalOf(list(caller))).toMatchObject({ ...denied, metadata });
  }
});

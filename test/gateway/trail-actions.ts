import { Secrets } from '@wxa/authorizers';
import { Resolution } from '@wxa/contracts';
import type { Store } from '@wxa/store';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type CallSettings, refusalOf } from './calls.js';
import { operationCalls } from './operation-calls.js';
import type { RunningGateway } from './running-gateway.js';
import type { TestDatabase } from './test-database.js';

/** One action: `prepare` returns what it is about, and `act` runs it in a process that can be killed. */
export interface Action {
  action: string;
  prepare(): Promise<string>;
  act(subject: string, settings?: CallSettings): Promise<unknown>;
}

/** What the actions act on. */
interface Context {
  gateway: RunningGateway;
  database: TestDatabase;
  store(): Store;
  key: Buffer;
}

/** Stores a mini-program that has authorized the platform. */
export async function authorized(store: Store, key: Buffer, appid = newAppid()): Promise<string> {
  const refreshToken = `refreshtoken@@@${appid}`;
  const given = { refreshToken, accessToken: 'a', grantedMs: 7_200_000 };
  await store.tokens(new Secrets(key)).keepImported({ appid, refreshToken }, given);
  return appid;
}

/** The actions of a gateway that leave a row in the trail. */
export function trailActions({ gateway, database, store, key }: Context): Action[] {
  const authorize = () => authorized(store(), key);
  /** An accepted operation of a mini-program that is authorized. */
  const accepted = async () => (await operationCalls(gateway).commit(await authorize())).id;
  /** An API for each test of LiftApiStop, and for each of StopApis. */
  const STOPPED = ['wxa/release', 'wxa/speedupaudit'];
  const RUNNING = ['wxa/grayrelease', 'wxa/undocodeaudit'];
  const layer = (appid: string, expectedVersion: bigint) => ({
    scope: { scope: { $case: 'appid' as const, value: appid } },
    ...{ settings: {}, expectedVersion },
  });
  return [
    {
      action: 'settings.layer_changed',
      prepare: async () => newAppid(),
      act: (appid, settings) => gateway.rpc('putSettingsLayer', layer(appid, 0n), settings),
    },
    {
      action: 'settings.layer_deleted',
      prepare: async () => {
        const appid = newAppid();
        const insert = 'insert into settings_layers (scope, version, settings) values ($1, 1, $2)';
        await database.rows(insert, [`APPID:${appid}`, '{}']);
        return appid;
      },
      act: (appid, settings) => gateway.rpc('deleteSettingsLayer', layer(appid, 1n), settings),
    },
    {
      action: 'operation.cancelled',
      prepare: accepted,
      act: (id, settings) => gateway.rpc('cancelOperation', { id }, settings),
    },
    {
      action: 'operation.resolved',
      prepare: async () => {
        const id = await accepted();
        await database.rows(`update operations set state = 'IN_DOUBT' where id = $1`, [id]);
        return id;
      },
      act: (id, settings) => {
        const resolution = Resolution.RESOLUTION_NOT_DONE;
        const request = { id, resolution, resolvedBy: 'op', reason: 'asked WeChat' };
        return gateway.rpc('resolveOperation', request, settings);
      },
    },
    {
      action: 'authorizer.removed',
      prepare: authorize,
      act: (appid, settings) => gateway.rpc('removeAuthorizer', { appid }, settings),
    },
    {
      action: 'token.renewed',
      prepare: async () => {
        const appid = await authorize();
        const age = `update authorizers set access_token_at = now() - interval '2 minutes' where appid = $1`;
        await database.rows(age, [appid]);
        return appid;
      },
      act: (appid, settings) => gateway.rpc('renewToken', { appid, reason: 'disclosed' }, settings),
    },
    {
      action: 'authorizer.labelled',
      prepare: authorize,
      act: (appid, settings) => gateway.rpc('setAuthorizerLabels', { appid, labels: ['有记录'] }, settings),
    },
    {
      action: 'api.stopped',
      prepare: async () => RUNNING.pop() ?? '',
      act: (api, settings) => {
        const until = new Date(Date.now() + 60_000);
        return gateway.rpc('stopApis', { api, until, reason: 'broken' }, settings);
      },
    },
    {
      action: 'api.resumed',
      prepare: async () => {
        const api = STOPPED.pop() ?? '';
        await store().limits.stop(api, 85085, 'used up');
        return api;
      },
      act: (api, settings) => gateway.rpc('liftApiStop', { api, reason: 'WeChat raised it' }, settings),
    },
    {
      action: 'authorizer.imported',
      prepare: async () => newAppid(),
      // No worker runs: the caller cancels once its operation is accepted. If the gateway is killed, the call ends by itself.
      act: async (appid, settings) => {
        const caller = new AbortController();
        const rows = async () => (await rowsOf(database, 'authorizer.imported', appid)).length;
        const before = await rows();
        let hasEnded = false;
        const request = { appid, refreshToken: `refreshtoken@@@${appid}` };
        const call = gateway.rpc('importAuthorizer', request, { ...settings, signal: caller.signal });
        const refusal = refusalOf(call).finally(() => {
          hasEnded = true;
        });
        await eventually(async () => hasEnded || (await rows()) > before);
        caller.abort();
        return refusal;
      },
    },
  ];
}

/** The rows about an operation or a mini-program. */
export const rowsOf = (database: TestDatabase, action: string, subject: string) =>
  database.rows(
    `select t.*, o.method as accepted from trail t left join operations o on o.id = t.operation_id
     where t.action = $1 and ($2 in (t.appid, t.operation_id::text, t.detail ->> 'api', t.detail ->> 'keyId')
       or t.detail::jsonb -> 'appids' ? $2 or t.detail::jsonb -> 'events' ? $2)`,
    [action, subject],
  );

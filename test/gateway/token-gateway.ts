import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { Secrets } from '@wxa/authorizers';
import { freePort } from '@wxa/stack';
import { newAppid } from '../appid.js';
import type { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { newBackends, type RunningGateway, startGateway } from './running-gateway.js';
import { TestDatabase } from './test-database.js';

/** What a reader receives. */
export interface Answer {
  status: number;
  token: string | undefined;
  expiresIn: number | undefined;
  reason: string | undefined;
  headers: Headers;
}

const secrets = new Secrets(Buffer.from(COMPONENT_SETTINGS.SECRETS_KEY, 'base64'));

/** As the simulator's, so that a search for secrets finds it. */
export const newToken = () => `sim_${randomBytes(48).toString('base64url')}`;

/** An access token as it is stored. */
export const sealed = (appid: string, token: string, table = 'authorizers') =>
  secrets.seal(`${table}/${appid}/access_token`, token);

/** Runs a gateway with the token service during the tests of a spec file; they store tokens and renew them as a worker does. */
export function useTokenGateway(policy: TestPolicy) {
  const database = new TestDatabase();
  const gateway = {} as RunningGateway;
  let url: string;
  beforeAll(async () => {
    const backends = await newBackends();
    const address = `127.0.0.1:${await freePort()}`;
    url = `http://${address}/token`;
    const env = { ...COMPONENT_SETTINGS, AUTH_POLICY_FILE: policy.file, TOKEN_SERVICE_ADDR: address };
    Object.assign(gateway, await startGateway(backends, { ...env, LOG_LEVEL: 'trace' }));
    database.connect(backends.databaseUrl);
  });
  afterAll(async () => {
    await database.close();
    await gateway.stop?.();
  });

  async function ask(query: string, caller?: string, init: RequestInit = {}): Promise<Answer> {
    const headers = caller === undefined ? {} : policy.headers(caller);
    const response = await fetch(`${url}${query}`, { headers, ...init });
    const body = JSON.parse(await response.text());
    expect(response.headers.get('cache-control')).toBe('no-store');
    return {
      ...{ status: response.status, headers: response.headers, reason: body.error?.reason },
      ...{ token: body.access_token, expiresIn: body.expires_in },
    };
  }

  /** Stores an authorized mini-program with a token of two hours, and returns both. */
  async function stored({ remainingS = 7_200 } = {}): Promise<{ appid: string; token: string }> {
    const [appid, token] = [newAppid(), newToken()];
    await database.rows(
      `insert into authorizers (appid, state, refresh_token, access_token, access_token_at, access_token_until)
       select $1, 'AUTHORIZED', $2, $3, until - interval '2 hours', until
       from (select now() + $4 * interval '1 second' as until) lives`,
      [appid, sealed(appid, 'refresh'), sealed(appid, token), remainingS],
    );
    return { appid, token };
  }

  const wanting = 'select from authorizers where appid = $1 and renewal_wanted_at is not null';
  const wanted = async (appid: string) => (await database.rows(wanting, [appid])).length === 1;

  /** Renews a token as a worker does, once that is wanted. */
  async function renew(appid: string): Promise<string> {
    await eventually(() => wanted(appid));
    const token = newToken();
    await database.rows(
      `update authorizers set access_token = $2, access_token_at = now(),
         access_token_until = now() + interval '2 hours', renewal_wanted_at = null where appid = $1`,
      [appid, sealed(appid, token)],
    );
    return token;
  }

  const read = (appid: string, caller = 'reader') => ask(`?appid=${appid}`, caller);
  const refresh = (appid: string, caller = 'renewer') => ask(`?appid=${appid}&refresh=1`, caller);
  return { gateway, database, ask, read, refresh, stored, wanted, renew };
}

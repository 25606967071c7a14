import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { refusalOf } from './calls.js';
import { useSharedGateway } from './use-gateway.js';

const { gateway, database } = useSharedGateway('component');

/** A mini-program that has authorized these permission sets. */
async function authorized(sets: number[] = [18]): Promise<string> {
  const appid = newAppid();
  const insert = `insert into authorizers (appid, state, permission_sets) values ($1, 'AUTHORIZED', $2)`;
  await database.rows(insert, [appid, sets]);
  return appid;
}

const domains = (appid: string, requestId = '') =>
  gateway.rpc('setServerDomains', {
    ...{ appid, requestId },
    value: { $case: 'domains', value: { request: ['https://a.example.cn'] } },
  });

it('A call of Setup needs the authorization of permission set 18, and GetFiling that or set 156', async () => {
  expect(await refusalOf(domains(newAppid()))).toMatchObject({ reason: 'NOT_AUTHORIZED' });
  const appid = await authorized([17, 156]);
  const missing = { code: 'PERMISSION_DENIED', reason: 'PERMISSION_SET_MISSING' };
  expect(await refusalOf(domains(appid))).toMatchObject(missing);
  const caller = new AbortController();
  const filing = refusalOf(gateway.rpc('getFiling', { appid }, { signal: caller.signal }));
  // No worker runs here: it was accepted.
  await eventually(async () => {
    const rows = await database.rows('select method from operations where appid = $1', [appid]);
    expect(rows).toEqual([{ method: 'GetFiling' }]);
  });
  caller.abort();
  expect(await filing).toMatchObject({ code: 'CANCELLED' });
});

it('After an 86102 SetServerDomains is refused until the month ends, and a repeated request returns its operation', async () => {
  const appid = await authorized();
  const { id } = await domains(appid, 'before');
  const stop = (until: string) =>
    database.rows(
      `insert into mini_program_setups (appid, domain_stop_until) values ($1, now() + $2::interval)
       on conflict (appid) do update set domain_stop_until = excluded.domain_stop_until`,
      [appid, until],
    );
  await stop('1 hour');
  expect(await refusalOf(domains(appid, 'after'))).toMatchObject({
    ...{ code: 'FAILED_PRECONDITION', reason: 'DOMAIN_CHANGES_EXHAUSTED' },
    metadata: { errcode: '86102', retryable: 'false' },
  });
  expect((await domains(appid, 'before')).id).toBe(id);
  const webview = { domains: ['https://a.example.cn'] };
  const other = gateway.rpc('setWebviewDomains', { appid, value: { $case: 'domains', value: webview } });
  expect(await other).toMatchObject({ appid });
  await stop('-1 second');
  expect(await domains(appid, 'after')).toMatchObject({ appid });
});

it('The domains of the platform are those of its own appid, which may be omitted', async () => {
  const value = { $case: 'server' as const, value: { domains: ['example.cn'] } };
  const request = { publishedTogether: true, value };
  const { appid, method } = await gateway.rpc('setPlatformDomains', request);
  expect([appid, method]).toEqual([expect.stringMatching(/^wx/), 'SetPlatformDomains']);
  const other = gateway.rpc('setPlatformDomains', { ...request, appid: newAppid() });
  expect((await refusalOf(other)).fields).toEqual(['appid']);
  const silent = gateway.rpc('setPlatformDomains', { value });
  expect((await refusalOf(silent)).fields).toEqual(['published_together']);
});

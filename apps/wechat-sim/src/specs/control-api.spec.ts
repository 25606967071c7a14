import { describe, expect, it } from '@jest/globals';
import { newPlatform } from '../model/platform.js';
import { APPID, OTHER, simUnderTest, untilSo } from './sim-under-test.js';

const { call, commit, control, errcode, submit, url } = simUnderTest();

describe('/sim/token', () => {
  it('A token belongs to one mini-program and stays the same until it is refreshed', async () => {
    const { access_token: token, expires_in } = await control().token(APPID);
    expect(expires_in).toBe(7200);
    expect((await control().token(APPID)).access_token).toBe(token);
    expect(await errcode('wxa/get_category', { token })).toBe(0);
    const { access_token: second } = await control().token(APPID, true);
    expect(await errcode('wxa/get_category', { token })).toBe(40001);
    expect(await errcode('wxa/get_category', { token: second })).toBe(0);
    expect((await control().calls()).map((one) => one.appid)).toEqual([APPID, null, APPID]);
  });

  it('A token that was expired on request is replaced only by a refresh', async () => {
    const { access_token: token } = await control().token(APPID);
    await control().patch(APPID, { expireToken: true });
    expect(await errcode('wxa/get_category', { token })).toBe(42001);
    expect((await control().token(APPID)).access_token).toBe(token);
  });

  it('Tokens exist for well-formed appids only', async () => {
    for (const appid of ['', 'wx1', 'WX0123456789ABCDEF'])
      expect((await fetch(`${url()}/sim/token?appid=${appid}`)).status).toBe(404);
    expect(await errcode('wxa/get_category', { token: 'sim-token:wx1' })).toBe(40001);
  });
});

it('The overview has the versions, the latest audit and the gray release of each mini-program with a commit', async () => {
  await commit('v1');
  await submit();
  await control().decide(APPID, { decision: 'approve' });
  await call('wxa/release', { body: {} });
  await commit('v2');
  const { auditid } = await submit();
  await control().decide(APPID, { decision: 'approve' });
  await call('wxa/grayrelease', { body: { gray_percentage: 10 } });
  await commit('v3');
  await commit('w1', OTHER);
  await control().app('wx2222222222222222');
  const other = { appid: OTHER, trialVersion: 'w1', liveVersion: null, audit: null, grayPercentage: null };
  const audit = { auditId: String(auditid), status: 0, userVersion: 'v2' };
  expect(await control().apps()).toEqual([
    { appid: APPID, trialVersion: 'v3', liveVersion: 'v1', audit, grayPercentage: 10 },
    other,
  ]);
  await call('wxa/revertgrayrelease');
  expect((await control().apps())[0]?.grayPercentage).toBe(null);
});

it('Neither a simulator that was reset nor one that starts later gives an audit id again', async () => {
  await commit();
  const { auditid: first } = await submit();
  await control().reset();
  await commit();
  const { auditid: second } = await submit();
  expect(Number(second)).toBe(Number(first) + 1);
  expect(newPlatform().nextAuditId).toBeGreaterThan(Number(second));
});

it('With readLagMs, queries return an earlier state while changes use the current one', async () => {
  await commit('v1');
  await control().patch(APPID, { readLagMs: 60_000 });
  await commit('v2');
  await submit();
  await control().decide(APPID, { decision: 'approve' });
  const versions = () => call('wxa/getversioninfo', { body: {} });
  expect(await versions()).toMatchObject({ exp_info: { exp_version: 'v1' } });
  expect(await errcode('wxa/get_latest_auditstatus')).toBe(85058);
  expect(await errcode('wxa/release', { body: {} })).toBe(0);
  expect(await versions()).not.toHaveProperty('release_info');
  await control().patch(APPID, { readLagMs: 0 });
  expect(await versions()).toMatchObject({ release_info: { release_version: 'v2' } });
});

describe('ledger', () => {
  it('The ledger has calls, effects and responses in order and without the token', async () => {
    await commit('v1');
    await call('wxa/get_qrcode', { appid: OTHER, query: 'path=page%2Findex%3Fa%3D1' });
    const [first, second] = await control().calls();
    const body = '{"template_id":0,"ext_json":"{}","user_version":"v1","user_desc":"test"}';
    const commitCall = { appid: APPID, api: 'wxa/commit', verb: 'POST', query: '', body, errcode: 0 };
    expect(first).toMatchObject(commitCall);
    const times = [first?.startedAt, first?.effectAt, first?.endedAt];
    expect(times).toEqual(times.toSorted((a = 0, b = 0) => Number(a) - Number(b)));
    const qrCode = { appid: OTHER, query: 'path=page%2Findex%3Fa%3D1', body: '', errcode: 86001 };
    expect(second).toMatchObject({ ...qrCode, effect: null, effectAt: null, seq: (first?.seq ?? 0) + 1 });
    expect(JSON.stringify(await control().ledger())).not.toContain('sim-token');
    expect(await control().calls({ appid: OTHER })).toHaveLength(1);
    expect(await control().calls({ api: 'wxa/commit' })).toHaveLength(1);
    expect(await control().calls({ after: first?.seq ?? 0 })).toHaveLength(1);
  });

  it('The ledger summary has calls, codes, effects and the maximum number of concurrent changes, until it is cleared', async () => {
    const { id } = await control().addFault({ api: 'wxa/commit', kind: 'hang', times: 2 });
    const held = [commit('v1'), commit('v2')];
    await untilSo(async () => (await control().fault(id)).held === 2);
    await control().releaseFault(id);
    await Promise.all(held);
    await submit();
    await submit();
    await commit('v1', OTHER);
    await call('wxa/get_page', { token: 'unknown' });
    const commits = { calls: 3, errcodes: { 0: 3 } };
    const other = { maxConcurrentChanges: 1, effects: { commit: 1 } };
    expect(await control().summary()).toMatchObject({
      apis: { 'wxa/commit': commits, 'wxa/submit_audit': { errcodes: { 0: 1, 85009: 1 } } },
      ...{ effects: { commit: 3, submit_audit: 1 }, maxConcurrentChanges: 2 },
      apps: { [APPID]: { maxConcurrentChanges: 2 }, [OTHER]: other },
    });
    expect(Object.keys((await control().summary(OTHER)).apps)).toEqual([OTHER]);
    const counts = { [APPID]: { 'wxa/commit': 2, 'wxa/submit_audit': 2 }, [OTHER]: { 'wxa/commit': 1 } };
    expect(await control().callCounts()).toEqual(counts);
    expect(await control().callCounts(OTHER)).toEqual({ [OTHER]: counts[OTHER] });
    await control().clearLedger();
    const cleared = { apis: {}, effects: {}, apps: {}, maxConcurrentChanges: 0 };
    expect(await control().summary()).toMatchObject(cleared);
    expect(await control().callCounts()).toEqual({});
  });
});

it('Limits return 45011 per second and 45009 per day', async () => {
  await control().setLimits({ dailyPerApi: 2 });
  for (const code of [0, 0, 45009]) expect(await errcode('wxa/get_category')).toBe(code);
  await control().setLimits({ perApi: 0 });
  expect(await errcode('wxa/get_category')).toBe(45011);
  expect((await control().calls()).at(-1)).toMatchObject({ errcode: 45011 });
  await control().setLimits({});
  expect(await errcode('wxa/get_category')).toBe(0);
});

describe('rejections of the control API', () => {
  const send = async (method: string, path: string, body?: string) => {
    const response = await fetch(`${url()}/sim/${path}`, { method, ...(body !== undefined && { body }) });
    return { status: response.status, json: (await response.json()) as unknown };
  };

  it('The control API reports all errors of a request together', async () => {
    const { status, json } = await send('POST', 'faults', '{"kind":"boom","times":-1,"x":1}');
    expect(status).toBe(400);
    expect(json).toEqual({ faults: [expect.any(String), expect.any(String), expect.any(String)] });
    expect((await send('POST', 'faults', '{')).status).toBe(400);
    expect((await send('PATCH', `apps/${APPID}`, '{"nextAuditId":"x"}')).status).toBe(400);
  });

  it.each([
    ['GET', 'nothing', 404, undefined],
    ['POST', 'healthz', 405, undefined],
    ['GET', 'apps/wx1', 404, undefined],
    ['GET', 'faults/99', 404, undefined],
    ['POST', `apps/${APPID}/audit`, 409, '{"decision":"approve"}'],
    ['POST', `apps/${APPID}/push`, 409, '{"event":"weapp_audit_success"}'],
    ['PATCH', `apps/${APPID}`, 409, '{"grayStatus":2}'],
    ['GET', 'healthz', 200, undefined],
  ] as const)('The control API answers %s %s with %i', async (method, path, status, body) => {
    expect((await send(method, path, body)).status).toBe(status);
  });
});

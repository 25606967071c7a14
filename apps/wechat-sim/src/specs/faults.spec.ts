import { describe, expect, it } from '@jest/globals';
import { APPID, OTHER, simUnderTest, untilSo } from './sim-under-test.js';

const { call, commit, control, errcode, request, url } = simUnderTest();
const trial = async () => (await control().app(APPID)).trial?.userVersion ?? null;
const isHeld = (id: string) => untilSo(async () => (await control().fault(id)).held === 1);
const lastCall = async () => (await control().calls()).at(-1);

describe('faults with a response', () => {
  it.each([
    [{ kind: 'busy' }, -1, null],
    [{ kind: 'busy', when: 'after' }, -1, 'v1'],
    [{ kind: 'errcode', errcode: 9402202, errmsg: 'concurrent limit' }, 9402202, null],
    [{ kind: 'errcode', errcode: 85009, when: 'after' }, 85009, 'v1'],
    [{ kind: 'rate' }, 45011, null],
    [{ kind: 'latency', ms: 1 }, 0, 'v1'],
  ] as const)('Fault %j returns errcode %i and leaves trial version %s', async (fault, code, version) => {
    const { id } = await control().addFault({ api: 'wxa/commit', ...fault });
    expect((await commit('v1')).errcode).toBe(code);
    expect(await trial()).toBe(version);
    expect(await lastCall()).toMatchObject({ errcode: code, effect: version && 'commit v1', fault: id });
    expect((await commit('v2')).errcode).toBe(0);
    expect(await control().fault(id)).toMatchObject({ hits: 1, held: 0, spent: true });
  });

  it('Faults can return another HTTP status, and HTML', async () => {
    await control().addFault({ kind: 'status', status: 503 });
    expect((await request('wxa/get_category')).status).toBe(503);
    await control().addFault({ kind: 'garbage' });
    const garbage = await request('wxa/get_category');
    expect([garbage.status, (await garbage.text()).startsWith('<html>')]).toEqual([200, true]);
    expect((await control().calls()).map((one) => one.errcode)).toEqual([null, null]);
  });
});

it.each([
  ['lost', undefined, 'v1'],
  ['lost', 'before', null],
  ['half', undefined, 'v1'],
  ['half', 'before', null],
  ['reset', undefined, null],
  ['reset', 'after', 'v1'],
] as const)(
  'Fault %s (%s) breaks the connection and leaves trial version %s',
  async (kind, when, version) => {
    await control().addFault({ api: 'wxa/commit', kind, ...(when && { when }) });
    await expect(commit('v1')).rejects.toThrow();
    expect(await trial()).toBe(version);
    expect(await lastCall()).toMatchObject({ errcode: null, effect: version && 'commit v1' });
  },
);

describe('hang', () => {
  it.each([
    ['before', null],
    ['after', 'v1'],
  ] as const)('Fault hang with when=%s holds the call until it is released', async (when, whileHeld) => {
    const { id } = await control().addFault({ api: 'wxa/commit', kind: 'hang', when });
    const answer = commit('v1');
    await isHeld(id);
    expect(await trial()).toBe(whileHeld);
    expect(await control().releaseFault(id)).toEqual({ released: 1 });
    expect((await answer).errcode).toBe(0);
    expect(await trial()).toBe('v1');
  });

  it('A held call is executed on release even if the caller has disconnected, as at WeChat', async () => {
    const { id } = await control().addFault({ api: 'wxa/commit', kind: 'hang' });
    const gone = new AbortController();
    const address = `${url()}/wxa/commit?access_token=sim-token:${APPID}`;
    const body = JSON.stringify({ template_id: 0, ext_json: '{}', user_version: 'v1' });
    const answer = fetch(address, { method: 'POST', body, signal: gone.signal });
    await isHeld(id);
    gone.abort();
    await expect(answer).rejects.toThrow();
    await untilSo(async () => (await lastCall())?.endedAt !== null);
    await control().releaseFault(id);
    await untilSo(async () => (await trial()) === 'v1');
    expect(await lastCall()).toMatchObject({ errcode: null, effect: 'commit v1' });
  });

  it('A held call can lose its response on release, and a reset ends all faults', async () => {
    const { id } = await control().addFault({ api: 'wxa/commit', kind: 'hang', releasedAs: 'lost' });
    const lost = commit('v1');
    await isHeld(id);
    await control().releaseFault(id);
    await expect(lost).rejects.toThrow();
    const { id: second } = await control().addFault({ kind: 'hang' });
    const held = commit('v2');
    await isHeld(second);
    await control().reset();
    expect((await held).errcode).toBe(-1);
    expect(await trial()).toBe(null);
    expect(await control().ledger()).toEqual([]);
  });
});

it('A fault in JSON may use "then" for the response after release', async () => {
  const body = '{"kind":"hang","then":"busy"}';
  const response = await fetch(`${url()}/sim/faults`, { method: 'POST', body });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({ api: '*', releasedAs: 'busy', when: 'before' });
});

describe('selection of calls', () => {
  it('A fault applies by API, mini-program, count and share', async () => {
    await control().addFault({ api: '/wxa/get_category', appid: APPID, kind: 'busy', times: 2 });
    expect((await call('wxa/get_page')).errcode).toBe(86001);
    expect(await errcode('wxa/get_category', { appid: OTHER })).toBe(0);
    for (const code of [-1, -1, 0]) expect(await errcode('wxa/get_category')).toBe(code);
    const { id } = await control().addFault({ kind: 'busy', times: 0, rate: 0 });
    expect(await errcode('wxa/get_category')).toBe(0);
    await control().clearFaults(id);
    await control().addFault({ kind: 'busy', times: 0, rate: 1 });
    expect([await errcode('wxa/get_category'), await errcode('wxa/get_category')]).toEqual([-1, -1]);
    await control().clearFaults();
    expect(await errcode('wxa/get_category')).toBe(0);
  });

  it('A fault with "after" does not apply before that fault is spent', async () => {
    const { id } = await control().addFault({ api: 'wxa/commit', kind: 'busy', when: 'after' });
    await control().addFault({ kind: 'errcode', errcode: 61003, after: id });
    expect(await errcode('wxa/get_category')).toBe(0);
    expect((await commit('v1')).errcode).toBe(-1);
    expect([await errcode('wxa/get_category'), await errcode('wxa/get_category')]).toEqual([61003, 0]);
    expect(await trial()).toBe('v1');
  });
});

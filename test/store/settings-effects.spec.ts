import { describe, expect, it } from '@jest/globals';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { layerSteps, useLayers } from './layer-steps.js';
import { gateway, newAppid, sql, whileLocked, worker } from './use-store.js';

useLayers();
const { put, drop } = layerSteps;

/** A mini-program of the inventory, whose readiness was computed just now. */
async function inventoried(): Promise<string> {
  const appid = newAppid();
  await sql(`insert into authorizers (appid, state) values ($1, 'AUTHORIZED')`, appid);
  await sql('insert into mini_programs (appid, computed_at) values ($1, clock_timestamp())', appid);
  return appid;
}
const compute = (appid: string) => worker.fleet.keepReads({ appid, reads: [], at: new Date() });
/** Whether the sweep will compute its readiness again. */
async function isStale(appid: string): Promise<boolean> {
  const { isStale: isAnyStale } = await worker.fleet.lookForWork();
  return isAnyStale && (await worker.fleet.computedBefore(1_000)).includes(appid);
}
const isWaiting = () => eventually(async () => (await sql(BLOCKED)).length === 1);

describe('Readiness', () => {
  it('It is computed again after each change of the layer of its mini-program, also if there is no other layer', async () => {
    const appid = await inventoried();
    const before = await isStale(appid);
    await put(`APPID:${appid}`, 0);
    const afterPut = await isStale(appid);
    await compute(appid);
    const computed = await isStale(appid);
    await drop(`APPID:${appid}`, 1);
    expect([before, afterPut, computed, await isStale(appid)]).toEqual([false, true, false, true]);
  });

  it('It is computed again after a change of the labels of its mini-program', async () => {
    const appid = await inventoried();
    await gateway.directory().setLabels(appid, ['flagship']);
    expect(await isStale(appid)).toBe(true);
  });

  it('It is computed again if it was computed while a change of a layer was not committed yet', async () => {
    const appid = await inventoried();
    const [changing] = await whileLocked('lock table trail in exclusive mode', [], async () => {
      const change = put('PLATFORM', 0);
      await isWaiting();
      await compute(appid);
      return [change];
    });
    await changing;
    expect(await isStale(appid)).toBe(true);
  });

  it('It is computed by the settings that hold once its row is locked', async () => {
    const appid = await inventoried();
    const lock = 'select from mini_programs where appid = $1 for update';
    const [computing] = await whileLocked(lock, [appid], async () => {
      const kept = compute(appid);
      await isWaiting();
      await put('PLATFORM', 0, { requiredExtPointers: ['/shop'] });
      return [kept];
    });
    await computing;
    expect(await worker.fleet.get(appid)).toMatchObject({ readiness: { EXT_VALUES: { state: 'MISSING' } } });
  });
});

describe('Domains of the platform', () => {
  const registers = (server: string[], webview: string[]) => {
    const lists = (published: string[]) => ({ published, testing: [] });
    return worker.setup.keepPlatformDomains({ server: lists(server), webview: lists(webview) });
  };

  it('They are to be read while a layer names one, an hour after the last read', async () => {
    expect(await worker.settings.isPlatformReadDue()).toBe(false);
    await put('LABEL:sockets', 0, { serverDomains: { udp: ['udp://a.cn'] } });
    expect(await worker.settings.isPlatformReadDue()).toBe(false);
    await put('LABEL:餐饮', 0, { webviewDomains: ['https://a.cn'] });
    expect(await worker.settings.isPlatformReadDue()).toBe(true);
    await registers([], []);
    expect(await worker.settings.isPlatformReadDue()).toBe(false);
    await sql(`update platform_domains set read_at = now() - interval '61 minutes'`);
    expect(await worker.settings.isPlatformReadDue()).toBe(true);
  });

  it('Those that layers name and the platform has not registered are counted once each, if the list was read', async () => {
    await put('PLATFORM', 0, { serverDomains: { request: ['https://A.cn'], upload: ['https://b.cn:8443'] } });
    await put('LABEL:餐饮', 0, {
      serverDomains: { websocket: ['wss://b.cn'], tcp: ['tcp://c.cn'] },
      webviewDomains: ['https://h5.a.cn', 'https://d.cn'],
    });
    await put(`APPID:${newAppid()}`, 0);
    const scopes = { platform: 1, label: 1, appid: 1 };
    expect(await worker.settings.count()).toEqual({ ...scopes, unregistered: 0 });
    await registers(['a.cn'], ['a.cn']);
    expect(await worker.settings.count()).toEqual({ ...scopes, unregistered: 2 });
  });

  it('A list that removes the web-view domain of which a layer names a subdomain is in use, one without a domain of sockets is not', async () => {
    await put('PLATFORM', 0, {
      serverDomains: { udp: ['udp://b.cn'] },
      webviewDomains: ['https://h5.a.cn'],
    });
    await registers(['b.cn'], ['a.cn']);
    const use = { scope: 'PLATFORM', domain: 'https://h5.a.cn' };
    expect(await gateway.settings.removedInUse('webview', ['b.cn'])).toEqual([use]);
    expect(await gateway.settings.removedInUse('webview', ['h5.a.cn'])).toEqual([]);
    expect(await gateway.settings.removedInUse('server', [])).toEqual([]);
  });

  it('Readiness is computed again after a read has shown another list, and not after the same one', async () => {
    const appid = await inventoried();
    const staleAfter = async (registered: string[]) => {
      await sql('update mini_programs set computed_at = clock_timestamp()');
      await registers(registered, []);
      return isStale(appid);
    };
    expect([await staleAfter(['a.cn']), await staleAfter(['a.cn']), await staleAfter(['b.cn'])]).toEqual([
      ...[true, false, true],
    ]);
  });
});

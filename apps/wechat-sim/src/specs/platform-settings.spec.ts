import { describe, expect, it } from '@jest/globals';
import { APPID, simUnderTest } from './sim-under-test.js';

const OTHER = 'wx1111111111111111';
const { call, commit, control, submit, url } = simUnderTest();

describe('PATCH /sim/platform', () => {
  it('A submission gets 85085 while too many audits of the platform are open, whatever the quota', async () => {
    await control().patchPlatform({ auditQuota: { maxOpen: 1 } });
    for (const appid of [APPID, OTHER]) await commit('v1', appid);
    expect([(await submit()).errcode, (await submit(OTHER)).errcode]).toEqual([0, 85085]);
    await control().decide(APPID, { decision: 'delay' });
    expect((await submit(OTHER)).errcode).toBe(85085);
    await control().decide(APPID, { decision: 'approve' });
    expect((await submit(OTHER)).errcode).toBe(0);
    await control().patchPlatform({ auditQuota: { maxOpen: null } });
    expect((await submit()).errcode).toBe(0);
  });

  it('A deleted template returns 85014 until it is restored', async () => {
    await control().patchPlatform({ deletedTemplates: [0] });
    expect((await commit()).errcode).toBe(85014);
    await control().patchPlatform({ deletedTemplates: [] });
    expect((await commit()).errcode).toBe(0);
  });

  it('A malformed setting of the platform is rejected by name and changes nothing', async () => {
    const body = JSON.stringify({ auditQuota: { maxOpen: 'x' }, deletedTemplates: [1001], x: 1 });
    const response = await fetch(`${url()}/sim/platform`, { method: 'PATCH', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      faults: [
        expect.stringMatching(/^auditQuota\.maxOpen: /),
        expect.stringMatching(/^deletedTemplates\.0: /),
        expect.stringMatching(/^body: /),
      ],
    });
    expect((await control().platform()).deletedTemplates).toEqual([]);
  });
});

describe('errcodes of faults', () => {
  it.each([
    [85052, 'app is already released'],
    [86008, '服务商被处罚，限制全部代码提审能力'],
  ])("A fault with errcode %i has WeChat's text", async (code, text) => {
    await control().addFault({ api: 'wxa/release', kind: 'errcode', errcode: code });
    expect(await call('wxa/release', { body: {} })).toEqual({
      errcode: code,
      errmsg: expect.stringContaining(`${text} rid: `),
    });
  });
});

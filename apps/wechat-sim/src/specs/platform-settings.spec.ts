import { describe, expect, it } from '@jest/globals';
import { APPID, simWithCallback } from './sim-under-test.js';

const { call, callback, commit, control, submit, url } = simWithCallback();

describe('PATCH /sim/platform', () => {
  it('After a rejected sample an audit is reported as delayed', async () => {
    await control().patchPlatform({ auditSampling: { share: 1, delayMs: 1 } });
    await commit();
    await submit();
    await control().decide(APPID, { decision: 'reject', push: { none: true } });
    await control().patchPlatform({ auditRules: [{ decision: 'approve' }] });
    await submit();
    expect((await callback.pushes(1))[0]?.body).toContain('weapp_audit_delay');
  });

  it('A deleted template returns 85014 until it is restored', async () => {
    await control().patchPlatform({ deletedTemplates: [0] });
    expect((await commit()).errcode).toBe(85014);
    await control().patchPlatform({ deletedTemplates: [] });
    expect((await commit()).errcode).toBe(0);
  });

  it('A malformed setting of the platform is rejected by name and changes nothing', async () => {
    const body = JSON.stringify({ auditRules: [{ decision: 'no' }], deletedTemplates: [1001], x: 1 });
    const response = await fetch(`${url()}/sim/platform`, { method: 'PATCH', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      faults: [
        expect.stringMatching(/^auditRules\.0\.decision: /),
        expect.stringMatching(/^deletedTemplates\.0: /),
        expect.stringMatching(/^body: /),
      ],
    });
    expect((await control().platform()).auditRules).toEqual([]);
  });
});

it.each([
  [85052, 'app is already released'],
  [86008, '服务商被处罚，限制全部代码提审能力'],
])("A fault with errcode %i has WeChat's text", async (code, text) => {
  await control().addFault({ api: 'wxa/release', kind: 'errcode', errcode: code });
  const errmsg = expect.stringContaining(`${text} rid: `);
  expect(await call('wxa/release', { body: {} })).toEqual({ errcode: code, errmsg });
});

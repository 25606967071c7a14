import { describe, expect, it } from '@jest/globals';
import { APPID, CLASSES, simUnderTest } from './sim-under-test.js';

const { control } = simUnderTest(() => ({
  tokenMode: 'component' as const,
  componentAppid: 'wxb11529c136998cb6',
  componentAppsecret: 'secret',
}));

describe('/sim/apps/:appid/by-hand', () => {
  it('In component mode the owner changes an unauthorized mini-program, which the ledger does not list', async () => {
    const byHand = (api: string, body = {}) => control().byHand(APPID, { api, body });
    await control().addFault({ kind: 'busy', times: 0 });
    await control().setLimits({ perApi: 0 });
    await byHand('wxa/commit', { template_id: 0, ext_json: '{}', user_version: 'by hand' });
    await byHand('wxa/submit_audit', { item_list: [CLASSES] });
    await control().decide(APPID, { decision: 'approve' });
    expect((await byHand('wxa/release')).live?.version.userVersion).toBe('by hand');
    expect(await control().ledger()).toEqual([]);
  });

  it('A change by hand is rejected as WeChat rejects it', async () => {
    const release = control().byHand(APPID, { api: 'wxa/release' });
    await expect(release).rejects.toThrow('409 {"faults":["wxa/release: 85019');
  });

  it.each(['wxa/get_page', 'wxa/deletetemplate', 'wxa/nothing'])('%s is no change by hand', async (api) => {
    await expect(control().byHand(APPID, { api })).rejects.toThrow('400 {"faults":["api: ');
  });
});

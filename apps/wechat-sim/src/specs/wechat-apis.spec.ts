import { describe, expect, it } from '@jest/globals';
import jpeg from 'jpeg-js';
import { API_TABLE } from '../wechat/api-table.js';
import { APPID, CLASSES, simUnderTest } from './sim-under-test.js';

const { call, commit, control, errcode, request, submit, url } = simUnderTest();

describe('every API', () => {
  it.each(API_TABLE)('$verb $name checks token, verb and body', async ({ name, verb }) => {
    const [api = '', query = ''] = name.split('?');
    expect(await errcode(api, { query, token: '' })).toBe(41001);
    expect(await errcode(api, { query, token: 'nobody' })).toBe(40001);
    if (verb === 'GET') return expect(await errcode(api, { query, body: {} })).toBe(43001);
    expect(await errcode(api)).toBe(43002);
    expect(await errcode(api, { body: '' })).toBe(44002);
    expect(await errcode(api, { body: '{"a":' })).toBe(47001);
    return expect(await errcode(api, { body: '[]' })).toBe(47001);
  });

  it("Rejections have WeChat's text and request id", async () => {
    const { errmsg } = await call('wxa/release', { body: '' });
    expect(errmsg).toMatch(/^empty post data rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/);
    expect((await request('wxa/nothing')).status).toBe(404);
  });
});

describe('POST wxa/uploadmedia', () => {
  const MIB = 1024 * 1024;

  async function upload(head: string, bytes: number, field = 'media') {
    const form = new FormData();
    form.set(field, new Blob([Buffer.from(head, 'latin1'), Buffer.alloc(bytes - head.length)]), 'file');
    const address = `${url()}/wxa/uploadmedia?access_token=sim-token:${APPID}`;
    return (await fetch(address, { method: 'POST', body: form })).json() as Promise<Record<string, unknown>>;
  }

  it('uploadmedia accepts a picture or a video and records it in the ledger', async () => {
    expect(await upload('GIF89a', 100)).toMatchObject({ errcode: 0, type: 'image', mediaid: 'media-1' });
    expect(await upload('\0\0\0\x18ftypmp42', 3 * MIB)).toMatchObject({ type: 'video', mediaid: 'media-2' });
    const [call] = await control().calls({ api: 'wxa/uploadmedia' });
    expect(call?.effect).toMatch(/^upload image [0-9a-f]{64}$/);
  });

  it.each<[string, Parameters<typeof upload>, number]>([
    ['no field media', ['GIF89a', 100, 'file'], 41005],
    ['another type', ['%PDF', 100], 40005],
    ['a picture that is too large', ['GIF89a', 2 * MIB + 1], 40006],
    ['a video that is too large', ['\0\0\0\x18ftypmp42', 10 * MIB + 1], 40006],
  ])('uploadmedia rejects %s', async (_what, given, errcode) => {
    expect(await upload(...given)).toMatchObject({ errcode });
  });
});

describe('a release from commit to revert', () => {
  it('setweappsupportversion changes what getweappsupportversion returns', async () => {
    const set = (version: unknown) => errcode('cgi-bin/wxopen/setweappsupportversion', { body: { version } });
    expect([await set('2.32.3'), await set('two'), await set(undefined)]).toEqual([0, 85015, 85015]);
    const { now_version, uv_info } = await call('cgi-bin/wxopen/getweappsupportversion', { body: {} });
    expect(now_version).toBe('2.32.3');
    expect(uv_info).toMatchObject({
      items: [{ percentage: 0, version: '1.0.0' }, {}, {}, { version: '2.32.3' }],
    });
  });

  it('get_qrcode returns the trial QR code as a JPEG', async () => {
    expect(await errcode('wxa/get_qrcode')).toBe(86001);
    await commit();
    const response = await request('wxa/get_qrcode', { query: 'path=page%2Findex%3Faction%3D1' });
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="QRCode.jpg"');
    const unescaped = await request('wxa/get_qrcode', { query: 'path=page/index?action=1' });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(Buffer.from(await unescaped.arrayBuffer()).equals(bytes)).toBe(true);
    const { width, height } = jpeg.decode(bytes);
    expect(width).toBeGreaterThan(100);
    expect(height).toBe(width);
  });
});

const speedUp = (auditid: unknown) => errcode('wxa/speedupaudit', { body: { auditid } });

it("Audits and speed-ups consume the platform's quotas, and an open audit is sped up once", async () => {
  await control().patchPlatform({ auditQuota: { rest: 2, limit: 9, speedupRest: 1, speedupLimit: 3 } });
  await commit();
  expect(await speedUp(1)).toBe(89402);
  const { auditid } = await submit();
  for (const [id, code] of [
    [1, 89402],
    [String(auditid), 0],
    [auditid, 89404],
  ] as const)
    expect(await speedUp(id)).toBe(code);
  const left = { rest: 1, limit: 9, speedup_rest: 0, speedup_limit: 3 };
  expect(await call('wxa/queryquota')).toEqual({ errcode: 0, errmsg: 'ok', ...left });
  await control().decide(APPID, { decision: 'approve' });
  expect(await speedUp(auditid)).toBe(89402);
  expect(await speedUp((await submit()).auditid)).toBe(89405);
  await control().reset();
  expect((await control().platform()).auditQuota.rest).toBeGreaterThan(2);
});

const add = (body: object) => errcode('wxa/addtotemplate', { body });
const list = async (query = '') => (await call('wxa/gettemplatelist', { query })).template_list;

it('Drafts become templates that a commit can name', async () => {
  const { draft_list } = await call('wxa/gettemplatedraftlist');
  expect(draft_list).toMatchObject([{ draft_id: 1, user_version: 'V1.0' }, { draft_id: 2 }]);
  expect(await add({ draft_id: 3 })).toBe(85064);
  expect(await add({ draft_id: 1, template_type: 2 })).toBe(40097);
  expect([await add({ draft_id: 1 }), await add({ draft_id: '1', template_type: 1 })]).toEqual([0, 0]);
  const standard = { template_id: 1002, draft_id: 1, template_type: 1, user_version: 'V1.0' };
  expect(await list('template_type=1')).toMatchObject([standard]);
  const commitOf = (template_id: number) =>
    errcode('wxa/commit', { body: { template_id, ext_json: '{}', user_version: '1' } });
  expect([await commitOf(1002), await commitOf(1003)]).toEqual([0, 85014]);
  const remove = () => errcode('wxa/deletetemplate', { body: { template_id: 1002 } });
  expect([await remove(), await remove()]).toEqual([0, 85064]);
  expect(await list()).toMatchObject([{ template_id: 1001, template_type: 0 }]);
});

it('The privacy check runs after each commit, then returns its findings', async () => {
  const api = 'wxa/security/get_code_privacy_info';
  expect(await errcode(api)).toBe(86001);
  const [forbidden, undeclared] = [['wx.getLocation'], ['wx.onLocationChange']];
  const found = { forbiddenPrivateApis: forbidden, undeclaredPrivateApis: undeclared };
  await control().patch(APPID, { privacyCheckMs: 60_000, ...found });
  await commit();
  expect([await errcode(api), (await submit()).errcode]).toEqual([61039, 61039]);
  await control().patch(APPID, { privacyCheckMs: 0 });
  expect(await call(api)).toMatchObject({ without_auth_list: forbidden, without_conf_list: undeclared });
});

describe('rejections that depend on the state', () => {
  it.each([
    ['wxa/get_page', undefined, 86001],
    ['wxa/get_latest_auditstatus', undefined, 85058],
    ['wxa/get_auditstatus', { auditid: 1 }, 86001],
    ['wxa/change_visitstatus', { action: 'close' }, 85021],
    ['wxa/change_visitstatus', { action: 'shut' }, 85022],
  ])('Before a commit %s with %j returns %i', async (api, body, code) => {
    expect(await errcode(api, { body })).toBe(code);
  });

  it.each([
    [{ notInitialized: true }, 86002],
    [{ notThirdParty: true }, 86000],
  ])('A mini-program with %j cannot be submitted: %i', async (patch, code) => {
    await commit();
    await control().patch(APPID, patch);
    expect((await submit()).errcode).toBe(code);
  });

  it('Audit ids are never rounded', async () => {
    await control().patch(APPID, { nextAuditId: '9007199254740993', latestAuditIdAs: 'number' });
    await commit();
    const text = await (await request('wxa/submit_audit', { body: { item_list: [CLASSES] } })).text();
    expect(text).toContain('"auditid":9007199254740993}');
    expect(await errcode('wxa/get_auditstatus', { body: '{"auditid":9007199254740993}' })).toBe(0);
    expect(await errcode('wxa/get_auditstatus', { body: '{"auditid":9007199254740992}' })).toBe(85012);
    expect(await (await request('wxa/get_latest_auditstatus')).text()).toContain(
      '"auditid":9007199254740993,',
    );
    expect((await control().app(APPID)).audits[0]?.auditId).toBe('9007199254740993');
  });

  it.each([
    [{ usedToday: 1 }, 87013],
    [{ usedToday: 0, usedThisMonth: 10 }, 87013],
    [{ usedToday: 0, usedThisMonth: 9 }, 0],
  ])('A withdrawal when the control API has set %j returns %i', async (undo, code) => {
    await commit();
    await submit();
    await control().patch(APPID, { undo });
    expect(await errcode('wxa/undocodeaudit')).toBe(code);
  });
});

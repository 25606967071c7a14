import { z } from 'zod';
import { isCheckingPrivacy } from '../mini-program/commit.js';
import type { ApiDefinition, Call } from '../model/api.js';
import { type CodeVersion, type MiniProgram, seconds } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import type { Platform } from '../model/platform.js';
import type { Guide, Setup } from '../model/setup.js';

const MAX_TEXT_BYTES = 100 * 1024;

/** Some of the kinds of data that WeChat names. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  UserInfo: '用户信息（微信昵称、头像）',
  Location: '位置信息',
  Address: '地址',
  PhoneNumber: '手机号',
  Album: '选中的照片或视频信息',
  Camera: '摄像头',
};

const purposes = z.array(z.looseObject({ privacy_key: z.string().min(1), privacy_text: z.string() }));
const guideBody = z.looseObject({
  setting_list: purposes,
  owner_setting: z.record(z.string(), z.unknown()),
  sdk_privacy_info_list: z.array(z.unknown()).default([]),
});

const path = (name: string) => `cgi-bin/component/${name}`;

export const PRIVACY_APIS: readonly ApiDefinition[] = [
  { name: path('getprivacysetting'), verb: 'POST', kind: 'query', run: getPrivacySetting },
  { name: path('setprivacysetting'), verb: 'POST', kind: 'change', run: setPrivacySetting },
];

export const PRIVACY_TEXT_API: ApiDefinition = {
  name: path('uploadprivacyextfile'),
  verb: 'POST',
  kind: 'query',
  isForm: true,
  run: uploadText,
};

/** POST cgi-bin/component/getprivacysetting: the guide, with the kinds of data that the code uses once it is checked. */
function getPrivacySetting(app: MiniProgram, { body, now, platform }: Call): Outcome {
  const { privacy_ver = 2 } = body;
  if (privacy_ver !== 1 && privacy_ver !== 2) return reject(86071);
  const guide = privacy_ver === 1 ? app.setup.liveGuide : app.setup.guide;
  const privacy_list = app.trial && !isCheckingPrivacy(app, now) ? detectedKeys(platform, app.trial) : [];
  const unexplained = privacy_list.filter((key) => !textOf(guide, key));
  return done({
    fields: {
      code_exist: app.trial ? 1 : 0,
      privacy_list,
      setting_list: [
        ...(guide?.setting_list ?? []),
        ...unexplained.map((privacy_key) => ({ privacy_key, privacy_text: '' })),
      ].map((entry) => ({ ...entry, privacy_label: '' })),
      update_time: guide ? seconds(guide.updatedAt) : 0,
      owner_setting: { ...EMPTY_OWNER, ...guide?.owner_setting },
      privacy_desc: {
        privacy_desc_list: Object.entries(DESCRIPTIONS).map(([privacy_key, privacy_desc]) => ({
          privacy_key,
          privacy_desc,
        })),
      },
      sdk_privacy_info_list: guide?.sdk_privacy_info_list ?? [],
    },
  });
}

const EMPTY_OWNER = {
  ...{ contact_phone: '', contact_email: '', contact_qq: '', contact_weixin: '', notice_method: '' },
  ...{ store_expire_timestamp: '', ext_file_media_id: '', store_region: 0 },
};

/**
 * POST cgi-bin/component/setprivacysetting: the guide of the development version, or with version 1 the owner's data of the
 * live one. Before the first commit it answers 0 and stores nothing.
 */
function setPrivacySetting(app: MiniProgram, { body, now }: Call): Outcome {
  const { setup } = app;
  const { privacy_ver = 2 } = body;
  if (privacy_ver !== 1 && privacy_ver !== 2) return reject(86071);
  const owner = z.record(z.string(), z.unknown()).safeParse(body.owner_setting).data ?? {};
  const errcode = checkOwner(setup, owner, now);
  if (errcode !== 0) return reject(errcode);
  if (privacy_ver === 1) return setLiveOwner(setup, body, owner);
  const guide = guideBody.safeParse(body);
  if (!guide.success) return reject(40097);
  if (!app.trial || setup.ignoresGuide) return done();
  const { setting_list, owner_setting, sdk_privacy_info_list } = guide.data;
  setup.guide = { setting_list, owner_setting, sdk_privacy_info_list, updatedAt: now };
  return done({ effect: `setprivacysetting ${setting_list.map((one) => one.privacy_key)}` });
}

function setLiveOwner(setup: Setup, body: Call['body'], owner: Record<string, unknown>): Outcome {
  if (body.setting_list !== undefined) return reject(40097);
  if (owner.ext_file_media_id) return reject(86075);
  if (!setup.liveGuide) return reject(86074);
  const { ext_file_media_id } = setup.liveGuide.owner_setting;
  setup.liveGuide.owner_setting = { ...owner, ...(ext_file_media_id !== undefined && { ext_file_media_id }) };
  return done({ effect: 'setprivacysetting live' });
}

function checkOwner(setup: Setup, owner: Record<string, unknown>, now: number): number {
  const contacts = ['contact_phone', 'contact_email', 'contact_qq', 'contact_weixin'];
  if (!contacts.some((name) => owner[name])) return 86069;
  if (!owner.notice_method) return 86070;
  const { store_expire_timestamp: until, ext_file_media_id: file } = owner;
  if (until && !(/^\d{1,12}$/.test(String(until)) && Number(until) > seconds(now))) return 86072;
  return file && !setup.guideFiles.includes(String(file)) ? 86073 : 0;
}

/** POST cgi-bin/component/uploadprivacyextfile: a text of at most 100 KB in the form field `file`. */
function uploadText({ setup }: MiniProgram, { body, platform }: Call): Outcome {
  if (typeof body.file !== 'string' || body.file === '') return reject(41005);
  if (body.file.length > MAX_TEXT_BYTES) return reject(40126);
  platform.uploads += 1;
  const ext_file_media_id = `text-${platform.uploads}`;
  setup.guideFiles.push(ext_file_media_id);
  return done({ fields: { ext_file_media_id }, effect: `upload text ${body.file.length}` });
}

/** The kinds of data that WeChat detects in a version and its guide does not explain. */
export function unexplainedKeys({ setup }: MiniProgram, version: CodeVersion, platform: Platform): string[] {
  return detectedKeys(platform, version).filter((key) => !textOf(setup.guide, key));
}

function detectedKeys({ templatePrivacy }: Platform, { templateId }: CodeVersion): string[] {
  return templatePrivacy[templateId] ?? [];
}

function textOf(guide: Guide | null, key: string): string | undefined {
  return guide?.setting_list.find(({ privacy_key }) => privacy_key === key)?.privacy_text;
}

import {
  type Done,
  flag,
  instant,
  int32,
  integer,
  type JsonObject,
  object,
  objects,
  readDone,
  saysOk,
  text,
  texts,
} from '../transport/wechat-json.js';
import { API, type Endpoint, type NoRequest } from './endpoint.js';

/** How users reach the owner of a mini-program about their data; at least one of the first four (86069). */
export interface PrivacyOwner {
  phone: string;
  email: string;
  qq: string;
  wechat: string;
  /** How users hear of changes; required (86070). */
  noticeMethod: string;
  /** Until when data is stored, in Unix seconds as digits; empty if not stated (86072). */
  storeExpireTimestamp: string;
  /** WeChat's number of the region where data is stored, for owners outside mainland China; 0 if not stated. */
  storeRegion: number;
  /** Of `uploadPrivacyText`; empty without an additional text (86073). */
  extFileMediaId: string;
}

/** What a kind of user data is used for. */
export interface PrivacyPurpose {
  /** WeChat's key, such as `UserInfo`, or a name of the platform's own. */
  key: string;
  /** Shown to users after `为了`; empty for data that WeChat detected and nobody has explained. */
  text: string;
}

export interface PrivacySdk {
  name: string;
  /** Its provider. */
  provider: string;
  purposes: PrivacyPurpose[];
}

export interface PrivacySetting {
  /** Whether there is a recent commit. Without one WeChat answers a set with errcode 0 and stores nothing. */
  codeExists: boolean;
  /** Keys of the data that WeChat detected in the code. Its detection is incomplete. */
  detectedKeys: string[];
  /** Includes detected keys without a text. */
  purposes: PrivacyPurpose[];
  owner: PrivacyOwner;
  sdks: PrivacySdk[];
  /** WeChat's Chinese names of all keys. */
  descriptions: PrivacyPurpose[];
  /** Undefined if it was never set. */
  updatedAt: Date | undefined;
}

/**
 * Returns the privacy guide of a mini-program: of the live version or, by default, of the development version, with the kinds
 * of data that WeChat detected in the code of the last commit. Source: ../privacy-management/api_getprivacysetting.html
 */
export const getPrivacyGuide: Endpoint<{ live?: boolean }, PrivacySetting> = {
  api: API.getPrivacyGuide,
  body: ({ live = false }) => ({ privacy_ver: live ? 1 : 2 }),
  read: (answer) => {
    if (answer.code_exist === undefined) return undefined;
    const descriptions = objects(object(answer.privacy_desc)?.privacy_desc_list) ?? [];
    return {
      codeExists: flag(answer.code_exist),
      detectedKeys: texts(answer.privacy_list),
      purposes: readPurposes(answer.setting_list),
      owner: readOwner(object(answer.owner_setting) ?? {}),
      sdks: (objects(answer.sdk_privacy_info_list) ?? []).map(readSdk),
      descriptions: descriptions.map((entry) => ({
        key: text(entry.privacy_key),
        text: text(entry.privacy_desc),
      })),
      updatedAt: instant(answer.update_time),
    };
  },
};

function readPurposes(value: unknown): PrivacyPurpose[] {
  return (objects(value) ?? []).map((entry) => ({
    key: text(entry.privacy_key),
    text: text(entry.privacy_text),
  }));
}

function readOwner(owner: JsonObject): PrivacyOwner {
  return {
    phone: text(owner.contact_phone),
    email: text(owner.contact_email),
    qq: text(owner.contact_qq),
    wechat: text(owner.contact_weixin),
    noticeMethod: text(owner.notice_method),
    storeExpireTimestamp: text(owner.store_expire_timestamp),
    storeRegion: int32(owner.store_region),
    extFileMediaId: text(owner.ext_file_media_id),
  };
}

function readSdk(entry: JsonObject): PrivacySdk {
  return {
    name: text(entry.sdk_name),
    provider: text(entry.sdk_biz_name),
    purposes: readPurposes(entry.sdk_list),
  };
}

export interface SetPrivacyGuideRequest {
  purposes: PrivacyPurpose[];
  owner: Partial<PrivacyOwner>;
  sdks: PrivacySdk[];
}

/**
 * Replaces the guide of the development version, which takes effect with the next release. Before the first commit WeChat
 * answers errcode 0 and stores nothing, so read it back. 86069 without a contact, 86070 without a notice method, 86072 for a
 * storage period and 86073 for a file that WeChat does not accept. Source: ../privacy-management/api_setprivacysetting.html
 */
export const setPrivacyGuide: Endpoint<SetPrivacyGuideRequest, Done> = {
  api: API.setPrivacyGuide,
  secrets: ({ owner }) => contactsOf(owner),
  body: ({ purposes, owner, sdks }) => ({
    privacy_ver: 2,
    setting_list: formatPurposes(purposes),
    owner_setting: { ...formatOwner(owner), ext_file_media_id: owner.extFileMediaId || undefined },
    sdk_privacy_info_list: sdks.map(({ name, provider, purposes }) => ({
      sdk_name: name,
      sdk_biz_name: provider,
      sdk_list: formatPurposes(purposes),
    })),
  }),
  read: readDone,
};

/**
 * Replaces the owner's data of the live guide except its file, at once and without a release. 86074 without a live guide,
 * 86075 for a file. Source: ../privacy-management/api_setprivacysetting.html
 */
export const setLivePrivacyOwner: Endpoint<{ owner: Partial<PrivacyOwner> }, Done> = {
  api: API.setLivePrivacyOwner,
  secrets: ({ owner }) => contactsOf(owner),
  body: ({ owner }) => ({ privacy_ver: 1, owner_setting: formatOwner(owner) }),
  read: readDone,
};

function formatPurposes(purposes: PrivacyPurpose[]): JsonObject[] {
  return purposes.map(({ key, text }) => ({ privacy_key: key, privacy_text: text }));
}

function formatOwner(owner: Partial<PrivacyOwner>): JsonObject {
  return {
    contact_phone: owner.phone || undefined,
    contact_email: owner.email || undefined,
    contact_qq: owner.qq || undefined,
    contact_weixin: owner.wechat || undefined,
    notice_method: owner.noticeMethod,
    store_expire_timestamp: owner.storeExpireTimestamp || undefined,
    store_region: owner.storeRegion || undefined,
  };
}

/** Personal data, which no error may contain. */
function contactsOf({ phone, email, qq, wechat }: Partial<PrivacyOwner>): string[] {
  return [phone, email, qq, wechat].filter((contact) => contact !== undefined);
}

/**
 * Uploads an additional text of the guide as a `.txt` file of at most 100 KB; `setPrivacyGuide` refers to it by its id. Each
 * call returns a new id. 40126 for a text that is too large, 40006 for another type of file.
 * Source: ../privacy-management/api_uploadprivacysetting.html
 */
export const uploadPrivacyText: Endpoint<{ text: string }, { mediaId: string }> = {
  api: API.uploadPrivacyText,
  form: ({ text }) => ({
    name: 'file',
    fileName: 'privacy.txt',
    contentType: 'text/plain',
    content: new Blob([text]),
  }),
  read: (answer) => {
    const mediaId = text(answer.ext_file_media_id);
    return mediaId ? { mediaId } : undefined;
  },
};

const interfaceStates = ['AVAILABLE', 'NOT_PERMITTED', 'IN_REVIEW', 'REFUSED', 'OPEN'] as const;

/** `UNSPECIFIED` is any status that WeChat has not documented so far. */
export type PrivacyInterfaceState = (typeof interfaceStates)[number] | 'UNSPECIFIED';

export interface PrivacyInterface {
  /** Such as `wx.getLocation`. */
  apiName: string;
  /** Its Chinese name. */
  chineseName: string;
  description: string;
  state: PrivacyInterfaceState;
  appliedAt: Date | undefined;
  /** Of the last application; 0 if there is none. The event of its result has another number. */
  auditId: bigint;
  /** Why the last application was refused. */
  failReason: string;
  /** WeChat's page about it. */
  link: string;
  groupName: string;
}

/**
 * Returns the interfaces of the client that a mini-program may only use with WeChat's permission, such as the location.
 * Source: ../privacy-api-management/api_getprivacyinterface.html
 */
export const listPrivacyInterfaces: Endpoint<NoRequest, { interfaces: PrivacyInterface[] }> = {
  api: API.listPrivacyInterfaces,
  read: (answer) => {
    const interfaces = objects(answer.interface_list)?.map(readInterface);
    return interfaces || saysOk(answer) ? { interfaces: interfaces ?? [] } : undefined;
  },
};

function readInterface(entry: JsonObject): PrivacyInterface {
  return {
    apiName: text(entry.api_name),
    chineseName: text(entry.api_ch_name),
    description: text(entry.api_desc),
    state: interfaceStates[int32(entry.status) - 1] ?? 'UNSPECIFIED',
    appliedAt: instant(entry.apply_time),
    auditId: integer(entry.audit_id) ?? 0n,
    failReason: text(entry.fail_reason),
    link: text(entry.api_link),
    groupName: text(entry.group_name),
  };
}

export interface ApplyPrivacyInterfaceRequest {
  /** Case-sensitive. */
  apiName: string;
  /** Why it is needed, at most 300 characters. */
  content: string;
  /** WeChat requires at least one entry in these three lists. Pages that help the reviewer. */
  urls?: string[];
  /** Addresses of pictures, at most 10. */
  pictureUrls?: string[];
  /** Address of an mp4 video, at most 1. */
  videoUrls?: string[];
}

/**
 * Applies for an interface; WeChat reviews it. At most 280 calls a minute. 61031 while an application is in review, which
 * proves an earlier call with an unknown result, 61032 for a video that is no mp4, 61033 for a file that WeChat cannot fetch,
 * 61034 for missing arguments, 61035 for an interface that needs no permission. Some interfaces need a category.
 * Source: ../privacy-api-management/api_applyprivacyinterface.html
 */
export const applyPrivacyInterface: Endpoint<ApplyPrivacyInterfaceRequest, { auditId: bigint }> = {
  api: API.applyPrivacyInterface,
  body: ({ apiName, content, urls = [], pictureUrls = [], videoUrls = [] }) => ({
    api_name: apiName,
    content,
    url_list: urls,
    pic_list: pictureUrls,
    video_list: videoUrls,
  }),
  read: (answer) => {
    const auditId = integer(answer.audit_id);
    return auditId === undefined ? undefined : { auditId };
  },
};

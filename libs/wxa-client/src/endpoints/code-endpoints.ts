import {
  type Done,
  instant,
  int32,
  type JsonObject,
  object,
  objects,
  readDone,
  saysOk,
  text,
  texts,
} from '../transport/wechat-json.js';
import { API, type Endpoint, type NoRequest } from './endpoint.js';

export interface CommitRequest {
  templateId: bigint;
  /** A JSON object as a string, as WeChat requires. */
  extJson: string;
  /** At most 64 characters. */
  userVersion: string;
  userDesc: string;
}

/**
 * Uploads a template as the trial version, which replaces the previous one. `userVersion` has at most 64 characters. Each
 * call restarts WeChat's privacy check (61039 for about a minute). 85014 for a template that is not in the library, 85013
 * and 85043 to 85048 for errors in `extJson` or the template, 9402202 while the previous commit is running.
 * Source: api_commit.html
 */
export const commit: Endpoint<CommitRequest, Done> = {
  api: API.commit,
  body: ({ templateId, extJson, userVersion, userDesc }) => ({
    template_id: templateId,
    ext_json: extJson,
    user_version: userVersion,
    user_desc: userDesc,
  }),
  read: readDone,
};

export interface TrialQrCodeRequest {
  /** A page and its parameters, not encoded, e.g. `page/index?action=1`. */
  path?: string;
}

export interface TrialQrCode {
  image: Uint8Array;
  contentType: string;
}

/**
 * Returns the QR code of the trial version, about 350 KB of JPEG. `path` may have a query (`page/index?action=1`) and is
 * encoded here. Source: api_gettrialqrcode.html
 */
export const getTrialQrCode: Endpoint<TrialQrCodeRequest, TrialQrCode> = {
  api: API.getTrialQrCode,
  query: ({ path }) => ({ path }),
  read: () => undefined,
  readBytes: (image, contentType) =>
    image.length > 0 && /^image\//i.test(contentType) ? { image, contentType } : undefined,
};

export interface Category<Id = number> {
  firstClass: string;
  firstId: Id;
  secondClass: string;
  secondId: Id;
  /** Without a third level the name is empty and the id is 0. */
  thirdClass: string;
  thirdId: Id;
}

/**
 * Returns the approved categories for an audit, of two or three levels; may be empty.
 * Source: ../category-management/api_getallcategoryname.html
 */
export const listCategories: Endpoint<NoRequest, { categories: Category[] }> = {
  api: API.listCategories,
  read: (answer) => {
    const categories = objects(answer.category_list)?.map(readCategory) ?? (saysOk(answer) ? [] : undefined);
    return categories && { categories };
  },
};

function readCategory(entry: JsonObject): Category {
  return {
    firstClass: text(entry.first_class),
    firstId: int32(entry.first_id),
    secondClass: text(entry.second_class),
    secondId: int32(entry.second_id),
    thirdClass: text(entry.third_class),
    thirdId: int32(entry.third_id),
  };
}

/**
 * Returns the pages of the committed version, as used by `submitAudit`. 86001 before the first commit.
 * Source: api_getcodepage.html
 */
export const listPages: Endpoint<NoRequest, { pages: string[] }> = {
  api: API.listPages,
  read: (answer) => {
    if (Array.isArray(answer.page_list)) return { pages: answer.page_list.map(text) };
    return saysOk(answer) ? { pages: [] } : undefined;
  },
};

export interface VersionInfo {
  version: string;
  desc: string;
  /** When it became the trial or the released version. */
  createdAt: Date | undefined;
}

/** Each is undefined if there is no such version. */
export interface VersionInfos {
  trial: VersionInfo | undefined;
  release: VersionInfo | undefined;
}

/**
 * Returns the trial and the released version, each undefined if there is none. Used to reconcile a commit or a release with
 * an unknown result. Reads may lag behind writes by seconds. Source: api_getversioninfo.html
 */
export const getVersionInfo: Endpoint<NoRequest, VersionInfos> = {
  api: API.getVersionInfo,
  body: () => ({}),
  read: (answer) => {
    const trial = readVersion(answer.exp_info, 'exp');
    const release = readVersion(answer.release_info, 'release');
    return trial || release || saysOk(answer) ? { trial, release } : undefined;
  },
};

function readVersion(value: unknown, prefix: 'exp' | 'release'): VersionInfo | undefined {
  const info = object(value) ?? {};
  const version = text(info[`${prefix}_version`]);
  const createdAt = instant(info[`${prefix}_time`]);
  return version || createdAt ? { version, desc: text(info[`${prefix}_desc`]), createdAt } : undefined;
}

/** Names of interfaces, as in `wx.getLocation`. */
export interface PrivacyCheck {
  /** The code uses these APIs without a permission for them. */
  withoutAuth: string[];
  /** Used without being declared in ext.json. */
  withoutConf: string[];
}

/**
 * Returns the result of the privacy check of the committed version: private APIs without permission, and those that its code
 * uses but its ext.json does not declare. 61039 while the check runs, for about a minute after each commit; `submitAudit` is
 * rejected during that time, and afterwards for each finding (61040), unless undeclared APIs are declared as unused.
 * Source: api_getcodeprivacyinfo.html
 */
export const getPrivacyCheck: Endpoint<NoRequest, PrivacyCheck> = {
  api: API.getPrivacyCheck,
  read: ({ without_auth_list, without_conf_list, ...answer }) => {
    if (!Array.isArray(without_auth_list) && !Array.isArray(without_conf_list) && !saysOk(answer))
      return undefined;
    return { withoutAuth: texts(without_auth_list), withoutConf: texts(without_conf_list) };
  },
};

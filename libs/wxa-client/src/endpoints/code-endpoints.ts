import { instant, int32, type JsonObject, object, objects, saysOk, text } from '../wechat-json.js';
import type { Done } from '../wxa-result.js';
import { API } from './api.js';
import { type Endpoint, type NoRequest, readDone } from './endpoint.js';

export interface CommitRequest {
  templateId: bigint;
  /** A JSON object, as the string WeChat wants. */
  extJson: string;
  /** At most 64 characters. */
  userVersion: string;
  userDesc: string;
}

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
  /** A page and its parameters, plain, e.g. `page/index?action=1`. */
  path?: string;
}

export interface TrialQrCode {
  image: Uint8Array;
  contentType: string;
}

export const getTrialQrCode: Endpoint<TrialQrCodeRequest, TrialQrCode> = {
  api: API.getTrialQrCode,
  query: ({ path }) => ({ path }),
  read: () => undefined,
  readBytes: (image, contentType) =>
    image.length > 0 && /^image\//i.test(contentType) ? { image, contentType } : undefined,
};

export interface Category {
  firstClass: string;
  firstId: number;
  secondClass: string;
  secondId: number;
  /** Empty and 0 where there is no third level. */
  thirdClass: string;
  thirdId: number;
}

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

/** Either is undefined where there is no such version. */
export interface VersionInfos {
  trial: VersionInfo | undefined;
  release: VersionInfo | undefined;
}

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

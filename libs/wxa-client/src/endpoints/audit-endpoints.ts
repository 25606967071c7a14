import { instant, int32, integer, type JsonObject, saysOk, text, texts } from '../wechat-json.js';
import type { Done } from '../wxa-result.js';
import { API } from './api.js';
import { type Endpoint, type FileContent, type NoRequest, readDone } from './endpoint.js';

export interface AuditItem {
  address?: string;
  /** At most 10 tags of at most 20 characters, separated by spaces. */
  tag?: string;
  /** At most 32 characters. */
  title?: string;
  firstClass: string;
  firstId: number | bigint;
  secondClass: string;
  secondId: number | bigint;
  thirdClass?: string;
  thirdId?: number | bigint;
}

/** Asked for where a first audit is of a category such as a forum (85094). */
export interface UgcDeclaration {
  /** 0 nowhere (then nothing else is needed), 1 profiles, 2 pictures, 3 videos, 4 texts, 5 sound. */
  scenes?: number[];
  /** 1 WeChat's content security API, 2 another product, 3 people, 4 no check. */
  methods?: number[];
  /** At most 256 characters. */
  otherSceneDesc?: string;
  hasAuditTeam?: boolean;
  /** At most 256 characters. */
  auditDesc?: string;
}

/** What is undefined, empty or false is not sent. */
export interface SubmitAuditRequest {
  /** 1 to 5. */
  items: AuditItem[];
  /** At most 200 characters; read only if the version before was rejected. */
  feedbackInfo?: string;
  /** At most 5; read only if the version before was rejected. */
  feedbackMediaIds?: string[];
  versionDesc?: string;
  /** Media ids that WeChat's uploadmedia gave. */
  preview?: { videoIds?: string[]; pictureIds?: string[] };
  ugcDeclaration?: UgcDeclaration;
  /** States that private APIs found in the code but not configured are not used: without it 61040. */
  privacyApiNotUsed?: boolean;
  /** The page of the user's orders. */
  orderPath?: string;
}

export const submitAudit: Endpoint<SubmitAuditRequest, { auditId: bigint }> = {
  api: API.submitAudit,
  body: (request) => ({
    item_list: request.items.map(formatItem),
    feedback_info: request.feedbackInfo || undefined,
    feedback_stuff: request.feedbackMediaIds?.join('|') || undefined,
    version_desc: request.versionDesc || undefined,
    preview_info: formatPreview(request.preview),
    ugc_declare: formatUgc(request.ugcDeclaration),
    privacy_api_not_use: request.privacyApiNotUsed || undefined,
    order_path: request.orderPath || undefined,
  }),
  read: (answer) => {
    const auditId = integer(answer.auditid);
    return auditId === undefined ? undefined : { auditId };
  },
};

function formatItem(item: AuditItem): JsonObject {
  return {
    address: item.address || undefined,
    tag: item.tag || undefined,
    first_class: item.firstClass,
    second_class: item.secondClass,
    third_class: item.thirdClass || undefined,
    first_id: item.firstId,
    second_id: item.secondId,
    third_id: item.thirdId || undefined,
    title: item.title || undefined,
  };
}

function formatPreview(preview: SubmitAuditRequest['preview']): JsonObject | undefined {
  if (!preview?.videoIds?.length && !preview?.pictureIds?.length) return undefined;
  // WeChat's table has both as required.
  return { video_id_list: preview.videoIds ?? [], pic_id_list: preview.pictureIds ?? [] };
}

function formatUgc(declaration: UgcDeclaration | undefined): JsonObject | undefined {
  return (
    declaration && {
      scene: filled(declaration.scenes),
      other_scene_desc: declaration.otherSceneDesc || undefined,
      method: filled(declaration.methods),
      has_audit_team: declaration.hasAuditTeam === undefined ? undefined : Number(declaration.hasAuditTeam),
      audit_desc: declaration.auditDesc || undefined,
    }
  );
}

function filled<T>(list: T[] | undefined): T[] | undefined {
  return list?.length ? list : undefined;
}

const auditStates = ['APPROVED', 'REJECTED', 'PENDING', 'WITHDRAWN', 'DELAYED'] as const;

/** `UNSPECIFIED` is a status that came into being after this was written. */
export type AuditState = (typeof auditStates)[number] | 'UNSPECIFIED';

export interface AuditStatus {
  auditId: bigint;
  state: AuditState;
  /** WeChat's raw text for REJECTED and DELAYED, else empty. See `parseReasons`. */
  reason: string;
  /** Media ids. */
  screenshots: string[];
  /** These three are given by GetLatestAuditStatus only; empty and undefined else. */
  userVersion: string;
  userDesc: string;
  submittedAt: Date | undefined;
}

export const getAuditStatus: Endpoint<{ auditId: bigint }, AuditStatus> = {
  api: API.getAuditStatus,
  body: ({ auditId }) => ({ auditid: auditId }),
  read: (answer, { auditId }) => readStatus(answer, auditId),
};

export const getLatestAuditStatus: Endpoint<NoRequest, AuditStatus> = {
  api: API.getLatestAuditStatus,
  read: (answer) => readStatus(answer, integer(answer.auditid)),
};

function readStatus(answer: JsonObject, auditId: bigint | undefined): AuditStatus | undefined {
  const status = integer(answer.status);
  if (status === undefined || auditId === undefined) return undefined;
  return {
    auditId,
    state: auditStates[Number(status)] ?? 'UNSPECIFIED',
    reason: text(answer.reason),
    // WeChat's table says `screenshot`, its example `ScreenShot`.
    screenshots: (text(answer.ScreenShot) || text(answer.screenshot)).split('|').filter(Boolean),
    userVersion: text(answer.user_version),
    userDesc: text(answer.user_desc),
    submittedAt: instant(answer.submit_audit_time),
  };
}

export const undoAudit: Endpoint<NoRequest, Done> = { api: API.undoAudit, read: readDone };

/** 89404 where it was sped up before: then there is nothing to do. */
export const speedUpAudit: Endpoint<{ auditId: bigint }, Done> = {
  api: API.speedUpAudit,
  body: ({ auditId }) => ({ auditid: auditId }),
  read: readDone,
};

/** Of this month, shared by all mini-programs of the platform. */
export interface AuditQuota {
  rest: number;
  limit: number;
  speedupRest: number;
  speedupLimit: number;
}

export const getAuditQuota: Endpoint<NoRequest, AuditQuota> = {
  api: API.getAuditQuota,
  read: (answer) => {
    // Without it, 0 would look like a quota that is used up.
    if (integer(answer.rest) === undefined) return undefined;
    return {
      rest: int32(answer.rest),
      limit: int32(answer.limit),
      speedupRest: int32(answer.speedup_rest),
      speedupLimit: int32(answer.speedup_limit),
    };
  },
};

/** Names of interfaces, as in `wx.getLocation`. */
export interface PrivacyCheck {
  /** Used without a permission for it. */
  withoutAuth: string[];
  /** Used without being declared in ext.json. */
  withoutConf: string[];
}

export const getPrivacyCheck: Endpoint<NoRequest, PrivacyCheck> = {
  api: API.getPrivacyCheck,
  read: ({ without_auth_list, without_conf_list, ...answer }) => {
    if (!Array.isArray(without_auth_list) && !Array.isArray(without_conf_list) && !saysOk(answer))
      return undefined;
    return { withoutAuth: texts(without_auth_list), withoutConf: texts(without_conf_list) };
  },
};

export interface AuditMediaFile {
  fileName: string;
  /** `image/png`, `image/jpeg`, `image/gif` (at most 2 MiB), `video/mp4` (at most 10 MiB). */
  contentType: string;
  content: FileContent;
}

export interface AuditMedia {
  mediaId: string;
  /** `image` or `video`. */
  type: string;
}

export const uploadAuditMedia: Endpoint<AuditMediaFile, AuditMedia> = {
  api: API.uploadAuditMedia,
  form: (file) => ({ name: 'media', ...file }),
  read: (answer) => {
    const mediaId = text(answer.mediaid);
    return mediaId === '' ? undefined : { mediaId, type: text(answer.type) };
  },
};

import type { FileContent } from '../transport/multipart.js';
import {
  type Done,
  instant,
  int32,
  integer,
  type JsonObject,
  readDone,
  text,
} from '../transport/wechat-json.js';
import type { Category } from './code-endpoints.js';
import { API, type Endpoint, type NoRequest } from './endpoint.js';

/** A page to audit and its category. */
export interface AuditItem extends Category<number | bigint> {
  address?: string;
  /** At most 10 tags of at most 20 characters, separated by spaces. */
  tag?: string;
  /** At most 32 characters. */
  title?: string;
}

/** Required for the first audit in a category such as forums (85094). */
export interface UgcDeclaration {
  /** 0 none (the other fields are not needed then), 1 profiles, 2 pictures, 3 videos, 4 texts, 5 audio. */
  scenes?: number[];
  /** 1 is WeChat's content security API, 2 another product, 3 manual review, 4 no check. */
  methods?: number[];
  /** At most 256 characters. */
  otherSceneDesc?: string;
  hasAuditTeam?: boolean;
  /** At most 256 characters. */
  auditDesc?: string;
}

/** Undefined, empty and false values are not sent. */
export interface SubmitAuditRequest {
  /** There are 1 to 5 items. */
  items: AuditItem[];
  /** At most 200 characters; WeChat uses it only if the previous version was rejected. */
  feedbackInfo?: string;
  /** There are at most 5; WeChat uses them only if the previous version was rejected. */
  feedbackMediaIds?: string[];
  versionDesc?: string;
  /** Media ids of `uploadAuditMedia`. */
  preview?: { videoIds?: string[]; pictureIds?: string[] };
  ugcDeclaration?: UgcDeclaration;
  /** Declares that private APIs found in the code but not configured are unused; without it 61040. */
  privacyApiNotUsed?: boolean;
  /** The page of the user's orders. */
  orderPath?: string;
}

/**
 * Submits the committed version to audit: 1 to 5 items, each with at most 10 tags of 20 characters and a title of 32.
 * Uses one audit of the platform's monthly quota (85085). 85009 while another audit is open, 61039 until WeChat's privacy
 * check of the commit has completed (about a minute; retry without a new commit), 61040 for undeclared private APIs,
 * 85006 to 85011 and 85023 for errors in an item. Source: api_submitaudit.html
 */
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
    const auditId = integer(answer.auditid) ?? 0n;
    return auditId > 0n ? { auditId } : undefined;
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
  // Both are required by WeChat's table.
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

/** `UNSPECIFIED` is any status that WeChat has not documented so far. */
export type AuditState = (typeof auditStates)[number] | 'UNSPECIFIED';

export interface AuditStatus {
  auditId: bigint;
  state: AuditState;
  /** WeChat's raw text for REJECTED and DELAYED, else empty. See `parseReasons`. */
  reason: string;
  /** Media ids. */
  screenshots: string[];
  /** Only `getLatestAuditStatus` returns these three; else empty or undefined. */
  userVersion: string;
  userDesc: string;
  submittedAt: Date | undefined;
}

/**
 * Returns the state of one audit. 85012 for an id of another mini-program. Source: api_getauditstatus.html
 */
export const getAuditStatus: Endpoint<{ auditId: bigint }, AuditStatus> = {
  api: API.getAuditStatus,
  body: ({ auditId }) => ({ auditid: auditId }),
  read: (answer, { auditId }) => readStatus(answer, auditId),
};

/**
 * Returns the state of the last submitted audit; 85058 if there was none. Also used to reconcile a `submitAudit` or an
 * `undoAudit` with an unknown result. Source: api_getlatestauditstatus.html
 */
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
    // WeChat's table has `screenshot`, its example `ScreenShot`.
    screenshots: (text(answer.ScreenShot) || text(answer.screenshot)).split('|').filter(Boolean),
    userVersion: text(answer.user_version),
    userDesc: text(answer.user_desc),
    submittedAt: instant(answer.submit_audit_time),
  };
}

/**
 * Withdraws the open audit. A GET with an effect; at most 5 per day (1 in older documents) and 10 per month for one
 * mini-program (87013). The monthly audit quota is not refunded. Source: api_undoaudit.html
 */
export const undoAudit: Endpoint<NoRequest, Done> = { api: API.undoAudit, read: readDone };

/**
 * Expedites an open audit, once per audit: a duplicate is rejected with 89404, which proves an earlier call with an unknown
 * result. The platform has a small monthly quota (89405, see `getAuditQuota`). 89402 for an audit that has ended, 89403 for
 * one that cannot be expedited, 89401 for an error of WeChat (retryable, as -1). Source: api_speedupcodeaudit.html
 */
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

/**
 * Returns the remaining and total audits and speed-ups of this month, shared by all mini-programs of the platform. Without
 * them an audit is rejected with 85085, a speed-up with 89405. Takes the token of any mini-program, not the component's
 * (61014). Source: api_setcodeauditquota.html
 */
export const getAuditQuota: Endpoint<NoRequest, AuditQuota> = {
  api: API.getAuditQuota,
  read: (answer) => {
    // A default of 0 would mean an exhausted quota.
    if (integer(answer.rest) === undefined) return undefined;
    return {
      rest: int32(answer.rest),
      limit: int32(answer.limit),
      speedupRest: int32(answer.speedup_rest),
      speedupLimit: int32(answer.speedup_limit),
    };
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
  /** The type is `image` or `video`. */
  type: string;
}

/**
 * Uploads a picture or video for the auditors; `submitAudit` refers to it by its media id, which is valid for 3 days. PNG,
 * JPEG or GIF of at most 2 MiB, or MP4 of at most 10 MiB; the content is read once, while it is sent. It needs a longer
 * time-out than other calls. A second call is harmless: it stores the file again under another id.
 * 40005 for a wrong type, 40006 for a file that is too large, 41005 without a file.
 * Source: api_uploadmediatocodeaudit.html
 */
export const uploadAuditMedia: Endpoint<AuditMediaFile, AuditMedia> = {
  api: API.uploadAuditMedia,
  form: (file) => ({ name: 'media', ...file }),
  read: (answer) => {
    const mediaId = text(answer.mediaid);
    return mediaId === '' ? undefined : { mediaId, type: text(answer.type) };
  },
};

/** The first bytes of the types of pictures that auditors attach. */
const PICTURES = { ffd8ff: 'image/jpeg', '89504e47': 'image/png', '47494638': 'image/gif' };

/**
 * Returns a screenshot of a rejected audit by its media id, of `AuditStatus.screenshots`. Needs one of the permission sets 3,
 * 11, 18, 30, 31 and 100. 40007 for an id that has expired or belongs to another account, 48001 without the permission. The
 * picture decides its type, because WeChat documents no content type. Source:
 * https://developers.weixin.qq.com/doc/oplatform/openApi/material/permanent/api_getmaterial.html
 */
export const getAuditScreenshot: Endpoint<{ mediaId: string }, { image: Uint8Array; contentType: string }> = {
  api: API.getAuditScreenshot,
  body: ({ mediaId }) => ({ media_id: mediaId }),
  read: () => undefined,
  readBytes: (image) => {
    const begin = image.subarray(0, 4).toString('hex');
    const contentType = Object.entries(PICTURES).find(([bytes]) => begin.startsWith(bytes))?.[1];
    return contentType === undefined ? undefined : { image, contentType };
  },
};

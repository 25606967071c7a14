import {
  type Done,
  decimal,
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
} from '../transport/wechat-json.js';
import { API, type Endpoint, type NoRequest } from './endpoint.js';

/**
 * Releases the version that was approved last to all users; the request cannot name a version. 85019 if nothing was audited,
 * 85020 if the audit is not approved or was released before. An absent body gives errcode 44002, so `{}` is sent. Source: api_release.html
 */
export const release: Endpoint<NoRequest, Done> = { api: API.release, body: () => ({}), read: readDone };

/**
 * Shows or hides the released version. 85021 if its state does not allow it. Idempotent.
 * Source: api_setvisitstatus.html
 */
export const changeVisitStatus: Endpoint<{ visible: boolean }, Done> = {
  api: API.changeVisitStatus,
  body: ({ visible }) => ({ action: visible ? 'open' : 'close' }),
  read: readDone,
};

/**
 * Returns whether users can open the mini-program: 1 in service, 0 not. Reads may lag behind writes by seconds.
 * Source: api_getvisitstatus.html
 */
export const getVisitStatus: Endpoint<NoRequest, { visible: boolean }> = {
  api: API.getVisitStatus,
  body: () => ({}),
  read: (answer) => {
    const status = integer(answer.status);
    return status === 0n || status === 1n ? { visible: status === 1n } : undefined;
  },
};

export interface VersionShare {
  version: string;
  /** Of the users, in percent. */
  percentage: number;
}

export interface SupportVersion {
  nowVersion: string;
  shares: VersionShare[];
}

/**
 * Returns the minimum base-library version and the distribution of client versions in percent.
 * Source: api_getsupportversion.html
 */
export const getSupportVersion: Endpoint<NoRequest, SupportVersion> = {
  api: API.getSupportVersion,
  body: () => ({}),
  read: (answer) => {
    const nowVersion = text(answer.now_version);
    const shares = objects(object(answer.uv_info)?.items)?.map(readShare) ?? [];
    return nowVersion || saysOk(answer) ? { nowVersion, shares } : undefined;
  },
};

function readShare(entry: JsonObject): VersionShare {
  return { version: text(entry.version), percentage: decimal(entry.percentage) };
}

/**
 * Sets the minimum base-library version, one that `getSupportVersion` lists (else 85015 or 89014). Idempotent.
 * Source: api_setsupportversion.html
 */
export const setSupportVersion: Endpoint<{ version: string }, Done> = {
  api: API.setSupportVersion,
  body: ({ version }) => ({ version }),
  read: readDone,
};

export interface RevertReleaseRequest {
  /** One of the latest five versions; the previous version if omitted. */
  appVersion?: bigint;
}

/**
 * Reverts to an earlier release. A GET with an effect and not idempotent: a second call can revert one version more. 87011
 * during a gray release, 87012 without an earlier release or if it was reverted before. Source: api_revertcoderelease.html
 */
export const revertRelease: Endpoint<RevertReleaseRequest, Done> = {
  api: API.revertRelease,
  query: ({ appVersion }) => ({ app_version: appVersion?.toString() }),
  read: readDone,
};

export interface ReleasedVersion {
  appVersion: bigint;
  userVersion: string;
  userDesc: string;
  committedAt: Date | undefined;
}

/**
 * Returns the releases that `revertRelease` can restore by their `appVersion`, newest first, at most 5, without the current
 * one. Has the path of the revert and differs only by its `action`; it has no effect.
 * Source: api_revertcoderelease.html
 */
export const listReleaseHistory: Endpoint<NoRequest, { versions: ReleasedVersion[] }> = {
  api: API.listReleaseHistory,
  query: () => ({ action: 'get_history_version' }),
  read: (answer) => {
    const versions = objects(answer.version_list)?.map(readReleased) ?? (saysOk(answer) ? [] : undefined);
    return versions && { versions: versions.toSorted(newestFirst) };
  },
};

/** WeChat does not document its order; its example has the oldest version first. */
function newestFirst(one: ReleasedVersion, other: ReleasedVersion): number {
  return Number(other.appVersion - one.appVersion);
}

function readReleased(entry: JsonObject): ReleasedVersion {
  return {
    appVersion: integer(entry.app_version) ?? 0n,
    userVersion: text(entry.user_version),
    userDesc: text(entry.user_desc),
    committedAt: instant(entry.commit_time),
  };
}

export interface GrayReleaseRequest {
  /** 1 to 100, or 0 with one of the flags. */
  percentage: number;
  supportDebuggerFirst?: boolean;
  supportExperiencerFirst?: boolean;
}

/**
 * Starts a gray release or increases its percentage: 1 to 100, or 0 with one of the two flags (85081). 85079 without a
 * released version, 85080 without an approved one, 85082 for a percentage that is not larger than before.
 * Source: api_grayrelease.html
 */
export const grayRelease: Endpoint<GrayReleaseRequest, Done> = {
  api: API.grayRelease,
  body: ({ percentage, supportDebuggerFirst, supportExperiencerFirst }) => ({
    gray_percentage: percentage,
    // WeChat's own spelling.
    support_debuger_first: supportDebuggerFirst || undefined,
    support_experiencer_first: supportExperiencerFirst || undefined,
  }),
  read: readDone,
};

/**
 * Ends the gray release; its users return to the previous version. A GET with an effect. Source: api_revertgrayrelease.html
 */
export const revertGrayRelease: Endpoint<NoRequest, Done> = { api: API.revertGrayRelease, read: readDone };

const grayStatuses = ['INITIAL', 'RUNNING', 'PAUSED', 'COMPLETED', 'DELETED'] as const;

/** `UNSPECIFIED` is any status that WeChat has not documented so far. */
export type GrayReleaseStatus = (typeof grayStatuses)[number] | 'UNSPECIFIED';

export interface GrayReleasePlan {
  status: GrayReleaseStatus;
  percentage: number;
  /** Undefined if WeChat does not return it, as in the source document. */
  supportDebuggerFirst: boolean | undefined;
  supportExperiencerFirst: boolean | undefined;
  createdAt: Date | undefined;
  defaultFinishAt: Date | undefined;
}

/**
 * Returns the gray release; without one `plan` is undefined, or its status INITIAL or DELETED. Source: api_getgrayreleaseplan.html
 */
export const getGrayReleasePlan: Endpoint<NoRequest, { plan: GrayReleasePlan | undefined }> = {
  api: API.getGrayReleasePlan,
  read: (answer) => {
    const plan = readPlan(object(answer.gray_release_plan) ?? {});
    return plan || saysOk(answer) ? { plan } : undefined;
  },
};

function optionalFlag(value: unknown): boolean | undefined {
  return value === undefined ? undefined : flag(value);
}

function readPlan(plan: JsonObject): GrayReleasePlan | undefined {
  const status = integer(plan.status);
  if (status === undefined) return undefined;
  return {
    status: grayStatuses[Number(status)] ?? 'UNSPECIFIED',
    percentage: int32(plan.gray_percentage),
    supportDebuggerFirst: optionalFlag(plan.support_debuger_first),
    supportExperiencerFirst: optionalFlag(plan.support_experiencer_first),
    createdAt: instant(plan.create_timestamp),
    defaultFinishAt: instant(plan.default_finish_timestamp),
  };
}

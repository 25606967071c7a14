import {
  decimal,
  flag,
  instant,
  int32,
  integer,
  type JsonObject,
  object,
  objects,
  saysOk,
  text,
} from '../wechat-json.js';
import type { Done } from '../wxa-result.js';
import { API } from './api.js';
import { type Endpoint, type NoRequest, readDone } from './endpoint.js';

/** An absent body gives errcode 44002, so `{}` is sent. */
export const release: Endpoint<NoRequest, Done> = { api: API.release, body: () => ({}), read: readDone };

export const changeVisitStatus: Endpoint<{ visible: boolean }, Done> = {
  api: API.changeVisitStatus,
  body: ({ visible }) => ({ action: visible ? 'open' : 'close' }),
  read: readDone,
};

/** Whether users get in: status 1 in service, 0 suspended. */
export const getVisitStatus: Endpoint<NoRequest, { visible: boolean }> = {
  api: API.getVisitStatus,
  body: () => ({}),
  read: (answer) => {
    const status = integer(answer.status);
    return status === undefined ? undefined : { visible: status === 1n };
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

export const setSupportVersion: Endpoint<{ version: string }, Done> = {
  api: API.setSupportVersion,
  body: ({ version }) => ({ version }),
  read: readDone,
};

export interface RevertReleaseRequest {
  /** One of the latest five versions; the one before the present where it is left out. */
  appVersion?: bigint;
}

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

/** Shares its path with `revertRelease`; its `action` makes it a question. */
export const listReleaseHistory: Endpoint<NoRequest, { versions: ReleasedVersion[] }> = {
  api: API.listReleaseHistory,
  query: () => ({ action: 'get_history_version' }),
  read: (answer) => {
    const versions = objects(answer.version_list)?.map(readReleased) ?? (saysOk(answer) ? [] : undefined);
    return versions && { versions };
  },
};

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

export const revertGrayRelease: Endpoint<NoRequest, Done> = { api: API.revertGrayRelease, read: readDone };

const grayStatuses = ['INITIAL', 'RUNNING', 'PAUSED', 'COMPLETED', 'DELETED'] as const;

/** `UNSPECIFIED` is a status that came into being after this was written. */
export type GrayReleaseStatus = (typeof grayStatuses)[number] | 'UNSPECIFIED';

export interface GrayReleasePlan {
  status: GrayReleaseStatus;
  percentage: number;
  /** Undefined where WeChat does not tell, as in the source document. */
  supportDebuggerFirst: boolean | undefined;
  supportExperiencerFirst: boolean | undefined;
  createdAt: Date | undefined;
  defaultFinishAt: Date | undefined;
}

/** `plan` is undefined where there is none. */
export const getGrayReleasePlan: Endpoint<NoRequest, { plan: GrayReleasePlan | undefined }> = {
  api: API.getGrayReleasePlan,
  read: (answer) => {
    const plan = readPlan(object(answer.gray_release_plan) ?? {});
    return plan || saysOk(answer) ? { plan } : undefined;
  },
};

function toldFlag(value: unknown): boolean | undefined {
  return value === undefined ? undefined : flag(value);
}

function readPlan(plan: JsonObject): GrayReleasePlan | undefined {
  const status = integer(plan.status);
  if (status === undefined) return undefined;
  return {
    status: grayStatuses[Number(status)] ?? 'UNSPECIFIED',
    percentage: int32(plan.gray_percentage),
    supportDebuggerFirst: toldFlag(plan.support_debuger_first),
    supportExperiencerFirst: toldFlag(plan.support_experiencer_first),
    createdAt: instant(plan.create_timestamp),
    defaultFinishAt: instant(plan.default_finish_timestamp),
  };
}

import { createHash } from 'node:crypto';
import { type Neighbours, newNeighbours } from './neighbours.js';
import { newSetup, type Setup } from './setup.js';

/**
 * A category of a mini-program; 85077 if `delisted`, and 85094 if `ugc` in a first audit without ugc_declare.
 */
export interface Category {
  first_class: string;
  second_class: string;
  third_class?: string;
  first_id: number;
  second_id: number;
  third_id?: number;
  delisted?: boolean;
  ugc?: boolean;
}

/** The code of one commit. Instants are epoch milliseconds everywhere in the simulator. */
export interface CodeVersion {
  templateId: number;
  userVersion: string;
  userDesc: string;
  extJson: string;
  pages: string[];
  committedAt: number;
}

/** WeChat's numbers: 0 approved, 1 rejected, 2 pending, 3 withdrawn, 4 delayed. */
export const AUDIT = { approved: 0, rejected: 1, pending: 2, withdrawn: 3, delayed: 4 } as const;

export interface Audit {
  auditId: bigint;
  status: (typeof AUDIT)[keyof typeof AUDIT];
  reason: string;
  screenshot: string;
  version: CodeVersion;
  items: unknown[];
  submittedAt: number;
  decidedAt: number | null;
  releasedAt: number | null;
  spedUp: boolean;
  /** Whether it is a sample of the platform's submissions. */
  sampled: boolean;
}

export interface ReleasedVersion {
  appVersion: number;
  version: CodeVersion;
  releasedAt: number;
}

/** WeChat's numbers: 0 initial, 1 running, 2 paused, 3 completed, 4 deleted. */
export const GRAY = { initial: 0, running: 1, paused: 2, completed: 3, deleted: 4 } as const;

export interface GrayPlan {
  status: number;
  auditId: bigint;
  percentage: number;
  debuggersFirst: boolean;
  experiencersFirst: boolean;
  createdAt: number;
}

/** Everything that WeChat knows about one mini-program. */
export interface MiniProgram {
  appid: string;
  originalId: string;
  /** Name, picture or introduction missing: 86002. */
  notInitialized: boolean;
  /** Whether calls are rejected as not from a third-party platform: 86000. */
  notThirdParty: boolean;
  categories: Category[];
  trial: CodeVersion | null;
  audits: Audit[];
  /** Set by the control API; null: the platform's next one. */
  nextAuditId: bigint | null;
  /** The version that all users get. */
  live: ReleasedVersion | null;
  /** Earlier versions that a revert can return to, oldest first. */
  history: ReleasedVersion[];
  nextAppVersion: number;
  gray: GrayPlan | null;
  visible: boolean;
  supportVersion: string;
  /** Withdrawals used, by Chinese calendar day and month. */
  undo: { day: string; usedToday: number; month: string; usedThisMonth: number };
  /** How long the privacy check runs after a commit, in milliseconds (submit: 61039). */
  privacyCheckMs: number;
  /** Private APIs that the code uses without permission (submit without privacy_api_not_use: 61040). */
  forbiddenPrivateApis: string[];
  /** Private APIs that the code uses and ext.json does not declare. */
  undeclaredPrivateApis: string[];
  /** The source document returns the latest audit id as a string, today's WeChat as a number. */
  latestAuditIdAs: 'string' | 'number';
  /** Queries return the state this long ago, in milliseconds. */
  readLagMs: number;
  setup: Setup;
  neighbours: Neighbours;
}

/** The two examples of the source document's get_category and those of its submit_audit. */
const CATEGORIES: readonly Category[] = [
  { first_class: '工具', second_class: '备忘录', first_id: 1, second_id: 2 },
  {
    first_class: '教育',
    second_class: '学历教育',
    third_class: '高等',
    first_id: 3,
    second_id: 4,
    third_id: 5,
  },
  { first_class: '文娱', second_class: '资讯', first_id: 1, second_id: 2 },
];

/** A mini-program without a commit. */
export function newMiniProgram(appid: string): MiniProgram {
  return {
    appid,
    originalId: originalIdOf(appid),
    notInitialized: false,
    notThirdParty: false,
    categories: CATEGORIES.map((category) => ({ ...category })),
    trial: null,
    audits: [],
    nextAuditId: null,
    live: null,
    history: [],
    nextAppVersion: 1,
    gray: null,
    visible: true,
    supportVersion: '1.0.0',
    undo: { day: '', usedToday: 0, month: '', usedThisMonth: 0 },
    privacyCheckMs: 0,
    forbiddenPrivateApis: [],
    undeclaredPrivateApis: [],
    latestAuditIdAs: 'string',
    readLagMs: 0,
    setup: newSetup(),
    neighbours: newNeighbours(),
  };
}

/** The original id, which identifies a mini-program in callbacks. */
function originalIdOf(appid: string): string {
  return `gh_${createHash('sha1').update(appid).digest('hex').slice(0, 12)}`;
}

/** WeChat's times are in whole seconds. */
export const seconds = (ms: number): number => Math.floor(ms / 1000);

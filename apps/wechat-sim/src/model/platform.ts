import { type AuditRule, type CountedRule, countedRules } from './audit-rules.js';

/** The quotas left this month, shared by all mini-programs of the platform. */
export interface AuditQuota {
  rest: number;
  limit: number;
  speedupRest: number;
  speedupLimit: number;
  /** The number of open audits of all mini-programs from which a submission gets 85085; null: no limit. */
  maxOpen: number | null;
}

/** WeChat samples the submissions of a platform. After a rejected sample it delays every further decision. */
export interface AuditSampling {
  /** The share of submissions that is sampled. */
  share: number;
  /** How long after its callback of a delay the decision follows; null: only the control API decides. */
  delayMs: number | null;
  /** Whether a sample was rejected. */
  isBad: boolean;
  submissions: number;
}

/** Code uploaded by a developer, in WeChat's format; its time in epoch milliseconds. */
export interface Draft {
  draft_id: number;
  user_version: string;
  user_desc: string;
  create_time: number;
  source_miniprogram: string;
  source_miniprogram_appid: string;
  developer: string;
}

export interface Template extends Omit<Draft, 'developer'> {
  template_id: number;
  template_type: 0 | 1;
}

/** One list of the platform's domains, without schemes. */
export interface PlatformDomainList {
  /** null until the first change: mini-programs may then use any domain. */
  published: string[] | null;
  testing: string[];
}

export interface PlatformDomains {
  server: PlatformDomainList;
  webview: PlatformDomainList;
  /** Changes of both used, by Chinese calendar month. */
  changes: { month: string; used: number };
}

/** What belongs to the third-party platform, whichever mini-program a call is for. */
export interface Platform {
  auditQuota: AuditQuota;
  /** The first one that applies decides an audit. */
  auditRules: CountedRule[];
  auditSampling: AuditSampling;
  drafts: Draft[];
  templates: Template[];
  /** Templates 0 to 1000 that no commit can name any more. */
  deletedTemplates: number[];
  /** Whether only the templates of the library exist, as at WeChat. */
  isStrict: boolean;
  nextTemplateId: number;
  /** Audits are numbered across mini-programs, as at WeChat, and from the time on: a later simulator gives no id again. */
  nextAuditId: number;
  /** Files uploaded for audits. */
  uploads: number;
  /** Applications for private interfaces. */
  applications: number;
  domains: PlatformDomains;
  /** Hosts without an ICP filing, which no mini-program can set. */
  noIcpDomains: string[];
  /** The kinds of user data that WeChat detects in the code of a template, by its id. */
  templatePrivacy: Record<string, string[]>;
  /** Whether WeChat forbids submissions of mini-programs that were never released (86009), or of the others (86010). */
  auditsForbidden: 'new' | 'further' | null;
}

/** More audits than any test needs; tests that depend on it set it. */
const AUDITS = 1_000_000;
const SPEEDUPS = 100_000;

/** A platform at its start, with rules that decide its audits. */
export function newPlatform(rules: readonly AuditRule[] = [], isStrict = false): Platform {
  return {
    auditQuota: {
      rest: AUDITS,
      limit: AUDITS,
      speedupRest: SPEEDUPS,
      speedupLimit: SPEEDUPS,
      maxOpen: null,
    },
    auditRules: countedRules(rules),
    auditSampling: { share: 0, delayMs: null, isBad: false, submissions: 0 },
    drafts: [1, 2].map(firstDraft),
    templates: [],
    deletedTemplates: [],
    isStrict,
    // Above the template ids that every commit may name.
    nextTemplateId: 1001,
    nextAuditId: Date.now(),
    uploads: 0,
    applications: 0,
    domains: {
      server: { published: null, testing: [] },
      webview: { published: null, testing: [] },
      changes: { month: '', used: 0 },
    },
    noIcpDomains: [],
    templatePrivacy: {},
    auditsForbidden: null,
  };
}

function firstDraft(draft_id: number): Draft {
  return {
    draft_id,
    user_version: `V${draft_id}.0`,
    user_desc: `draft ${draft_id}`,
    create_time: Date.now(),
    source_miniprogram: '示例',
    source_miniprogram_appid: 'wx0000000000000d1a',
    developer: '开发者',
  };
}

import type { Platform } from './platform.js';

/** WeChat's fields of the six kinds of server domains. */
export const SERVER_KINDS = [
  'requestdomain',
  'wsrequestdomain',
  'uploaddomain',
  'downloaddomain',
  'udpdomain',
  'tcpdomain',
] as const;
const KINDS = [...SERVER_KINDS, 'webviewdomain'] as const;

export type DomainKind = (typeof KINDS)[number];
export type Domains = Record<DomainKind, string[]>;

/** A privacy guide in WeChat's format. */
export interface Guide {
  setting_list: { privacy_key: string; privacy_text: string }[];
  owner_setting: Record<string, unknown>;
  sdk_privacy_info_list: unknown[];
  /** Epoch milliseconds. */
  updatedAt: number;
}

/** An interface of the client that needs WeChat's permission, in WeChat's format. */
export interface PrivacyInterface {
  api_name: string;
  api_ch_name: string;
  /** 1 may be applied for, 2 no permission, 3 in review, 4 refused, 5 open. */
  status: number;
  /** Of the last application; 0 without one. */
  audit_id: number;
  fail_reason: string;
  /** Epoch milliseconds; 0 without an application. */
  appliedAt: number;
}

export interface Filing {
  /** 1024 (not filed) is returned with the bits of what is missing. */
  status: number;
  is_canceling: boolean;
  audit_data: { key_name: string; error: string; suggest: string }[];
}

/** What a mini-program needs besides its code. */
export interface Setup {
  /** 1 normal, 14 cancelled, 16 banned, 18 warned, 19 frozen. */
  accountStatus: number;
  /** An individual's mini-program has no web-view domains: 89231. */
  isIndividual: boolean;
  /** Not verified: bit 4 of the filing. */
  isVerified: boolean;
  domains: { byOwner: Domains; byPlatform: Domains; effective: Domains };
  /** Changes of server domains used, by Chinese calendar month. */
  domainChanges: { month: string; used: number };
  /** Of the development version. */
  guide: Guide | null;
  liveGuide: Guide | null;
  /** Ids of uploaded texts of the guide. */
  guideFiles: string[];
  /** Whether a guide is answered with errcode 0 and not stored. */
  ignoresGuide: boolean;
  /** Whether each submission sends a weapp_audit_fail about the guide, while its audit stays open. */
  failsGuideReview: boolean;
  interfaces: PrivacyInterface[];
  filing: Filing;
  testers: { wechatid: string; userstr: string }[];
  /** Media ids of screenshots that have expired. */
  expiredMedia: string[];
}

/** The setup of a mini-program that needs nothing. */
export function newSetup(): Setup {
  return {
    accountStatus: 1,
    isIndividual: false,
    isVerified: true,
    domains: { byOwner: noDomains(), byPlatform: noDomains(), effective: noDomains() },
    domainChanges: { month: '', used: 0 },
    guide: null,
    liveGuide: null,
    guideFiles: [],
    ignoresGuide: false,
    failsGuideReview: false,
    interfaces: [
      ['wx.getLocation', '获取当前的地理位置'],
      ['wx.chooseLocation', '打开地图选择位置'],
    ].map(([api_name = '', api_ch_name = '']) => newInterface(api_name, api_ch_name)),
    filing: { status: 6, is_canceling: false, audit_data: [] },
    testers: [],
    expiredMedia: [],
  };
}

export function newInterface(api_name: string, api_ch_name = ''): PrivacyInterface {
  return { api_name, api_ch_name, status: 1, audit_id: 0, fail_reason: '', appliedAt: 0 };
}

function noDomains(): Domains {
  return domainsBy(() => []);
}

function domainsBy(listOf: (kind: DomainKind) => string[]): Domains {
  return Object.fromEntries(KINDS.map((kind) => [kind, listOf(kind)])) as Domains;
}

/** A release removes the owner's domains and those that the platform has no longer registered; the guide goes live. */
export function takeEffect(setup: Setup, platform: Platform): void {
  const { byPlatform } = setup.domains;
  const kept = domainsBy((kind) => byPlatform[kind].filter((domain) => isRegistered(platform, kind, domain)));
  setup.domains = { byOwner: noDomains(), byPlatform: kept, effective: structuredClone(kept) };
  if (setup.guide) setup.liveGuide = structuredClone(setup.guide);
}

/** Authorizing a platform clears the guide. */
export function clearGuide(setup: Setup): void {
  setup.guide = null;
  setup.liveGuide = null;
}

/** Whether the platform has registered a domain; all are until it has registered one. Web-view domains include subdomains. */
export function isRegistered({ domains }: Platform, kind: DomainKind, domain: string): boolean {
  const isWebview = kind === 'webviewdomain';
  const registered = (isWebview ? domains.webview : domains.server).published;
  const host = hostOf(domain);
  return (
    registered === null ||
    registered.includes(host) ||
    (isWebview && registered.some((parent) => host.endsWith(`.${parent}`)))
  );
}

/** Without scheme and port. */
export function hostOf(domain: string): string {
  return domain.replace(/^\w+:\/\//, '').replace(/:\d+$/, '');
}

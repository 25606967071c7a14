import type { Method } from '@wxa/contracts';

/** The gRPC status of a failed query by error category. */
export const STATUSES = {
  BUSY: 'UNAVAILABLE',
  TRANSPORT: 'UNAVAILABLE',
  DEADLINE: 'UNAVAILABLE',
  RATE: 'RESOURCE_EXHAUSTED',
  QUOTA: 'RESOURCE_EXHAUSTED',
  TOKEN: 'FAILED_PRECONDITION',
  STATE: 'FAILED_PRECONDITION',
  PERMISSION: 'PERMISSION_DENIED',
  CONTENT: 'INVALID_ARGUMENT',
  REQUEST: 'INVALID_ARGUMENT',
  INTERNAL: 'INTERNAL',
};

type Category = keyof typeof STATUSES;

type Errcodes = Partial<Record<Method, Partial<Record<Category, number[]>>>>;

/**
 * The errcodes that the source document or WeChat's current page lists for each API, except -1. Uploads and templates are not here,
 * as they are client streams and share one lane: see test/release.
 */
const DOCUMENTED: Errcodes = {
  Commit: { REQUEST: [85014], CONTENT: [85013, 85043, 85044, 85045, 85046, 85047, 85048] },
  ListPages: { PERMISSION: [86000], STATE: [86001] },
  SubmitAudit: {
    PERMISSION: [86000],
    STATE: [86001, 85009, 86002],
    REQUEST: [85006, 85007, 85008, 85010, 85011, 85023],
    CONTENT: [85077],
  },
  GetAuditStatus: { PERMISSION: [86000], STATE: [86001], REQUEST: [85012] },
  GetLatestAuditStatus: { PERMISSION: [86000], STATE: [86001], REQUEST: [85012] },
  Release: { STATE: [85019, 85020] },
  ChangeVisitStatus: { STATE: [85021], REQUEST: [85022] },
  SetSupportVersion: { REQUEST: [85015] },
  RevertRelease: { STATE: [87011, 87012] },
  UndoAudit: { QUOTA: [87013] },
  GrayRelease: { STATE: [86002, 85079, 85080, 85082], REQUEST: [85081] },
  SpeedUpAudit: { STATE: [89402, 89403, 89404], QUOTA: [89405] },
  GetVersionInfo: { REQUEST: [44002] },
  GetVisitStatus: { REQUEST: [44002] },
  GetPrivacyCheck: { CONTENT: [61040] },
};

/** The errcodes that WeChat's current pages add, except retried ones (61039, 85085, 9402202) and 40001. */
const TODAY: Errcodes = {
  Commit: { CONTENT: [-60005, 80066, 80067, 85310, 85311, 9402203], PERMISSION: [80082, 85312] },
  SubmitAudit: {
    CONTENT: [61040, 85087],
    REQUEST: [85051, 85092, 85093, 85094],
    STATE: [85086, 9400001],
    PERMISSION: [86007, 86008, 86009, 86010, 87006],
  },
  Release: { REQUEST: [44002] },
  SetSupportVersion: { REQUEST: [89014] },
  RevertRelease: { REQUEST: [40097] },
  GrayRelease: { REQUEST: [40097] },
};

/** Those of the calls of Setup that read by another API first, or not at all. */
const SETUP: Errcodes = {
  SetWebviewDomains: { STATE: [89020, 89021], REQUEST: [89029, 89231] },
  GetPrivacyGuide: { REQUEST: [86071] },
  ApplyPrivacyInterface: { STATE: [61031], REQUEST: [61032, 61033, 61034, 61035] },
  AddTester: { REQUEST: [85001], QUOTA: [85002, 85003] },
};

/** Errcodes of any API, so that each category occurs for a change and for a query. */
const GENERAL: readonly [Method, number, Category][] = [
  ['UndoAudit', 45009, 'QUOTA'],
  ['GetTrialQrCode', 45009, 'QUOTA'],
  ['RevertGrayRelease', 48001, 'PERMISSION'],
  ['ListCategories', 61007, 'PERMISSION'],
  ['Release', 61003, 'PERMISSION'],
  ['GetGrayReleasePlan', 42007, 'TOKEN'],
  ['GetLatestAuditStatus', 85058, 'STATE'],
  ['GetSupportVersion', 47001, 'REQUEST'],
  ['ListCategories', 85077, 'CONTENT'],
  // An undocumented errcode.
  ['Commit', 1234567, 'INTERNAL'],
  ['ListPages', 1234567, 'INTERNAL'],
];

/** Every pair of method and errcode, with its category. */
export function refusals(): [Method, number, Category][] {
  return [...pairs(DOCUMENTED), ...pairs(TODAY), ...pairs(SETUP), ...GENERAL];
}

function pairs(table: Errcodes): [Method, number, Category][] {
  return (Object.keys(table) as Method[]).flatMap((method) =>
    (Object.entries(table[method] ?? {}) as [Category, number[]][]).flatMap(([category, codes]) =>
      codes.map((errcode): [Method, number, Category] => [method, errcode, category]),
    ),
  );
}

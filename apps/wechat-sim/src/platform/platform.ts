/** What is left of a month, shared by all mini-programs of the platform. */
export interface AuditQuota {
  rest: number;
  limit: number;
  speedupRest: number;
  speedupLimit: number;
}

/** What belongs to the third-party platform, whichever mini-program a call is for. */
export interface Platform {
  auditQuota: AuditQuota;
}

/** More audits than any test needs; set by hand where it matters. */
const AUDITS = 1_000_000;
const SPEEDUPS = 100_000;

export function newPlatform(): Platform {
  return {
    auditQuota: { rest: AUDITS, limit: AUDITS, speedupRest: SPEEDUPS, speedupLimit: SPEEDUPS },
  };
}

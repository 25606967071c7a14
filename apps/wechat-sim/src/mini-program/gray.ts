import type { Call } from '../model/api.js';
import { GRAY, type GrayPlan, type MiniProgram, seconds } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import { releasableAudit } from './audits.js';

/** The time at which WeChat says it finishes a gray release by itself; returned only, not simulated. */
const FINISH_AFTER_MS = 7 * 86_400_000;

/** Running or paused: a revert is rejected only then. */
export function isGrayActive(app: MiniProgram): boolean {
  return app.gray?.status === GRAY.running || app.gray?.status === GRAY.paused;
}

/**
 * POST wxa/grayrelease (section 17.1): the approved version for a percentage of the users. 1–100, or 0 with a
 * group that goes first; each step is higher than the last. At 100 the gray release runs until `release`.
 */
export function grayRelease(app: MiniProgram, { body, now }: Call): Outcome {
  if (app.notInitialized) return reject(86002);
  const debuggersFirst = body.support_debuger_first === true;
  const experiencersFirst = body.support_experiencer_first === true;
  const percentage = percentageOf(body.gray_percentage);
  if (percentage === null || (percentage === 0 && !debuggersFirst && !experiencersFirst))
    return reject(85081);
  if (!app.live) return reject(85079);
  const audit = releasableAudit(app);
  if (!audit) return reject(85080);
  const running = isGrayActive(app) && app.gray?.auditId === audit.auditId ? app.gray : null;
  if (running && percentage <= running.percentage) return reject(85082);
  const createdAt = running?.createdAt ?? now;
  const plan = { auditId: audit.auditId, percentage, debuggersFirst, experiencersFirst, createdAt };
  app.gray = { status: GRAY.running, ...plan };
  return done({ effect: `gray ${audit.version.userVersion} ${percentage}%` });
}

function percentageOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100 ? value : null;
}

/**
 * GET wxa/revertgrayrelease (section 17.2). WeChat documents no code for "none running", so nothing happens.
 */
export function revertGrayRelease(app: MiniProgram): Outcome {
  if (!app.gray || !isGrayActive(app)) return done();
  app.gray.status = GRAY.deleted;
  return done({ effect: 'revert_gray' });
}

/** GET wxa/getgrayreleaseplan (section 17.3); status 0 if there has never been one. */
export function getGrayReleasePlan(app: MiniProgram): Outcome {
  return done({ fields: { gray_release_plan: planFields(app.gray) } });
}

function planFields(plan: GrayPlan | null): Record<string, unknown> {
  if (!plan) return { status: GRAY.initial, create_timestamp: 0, gray_percentage: 0 };
  return {
    status: plan.status,
    create_timestamp: seconds(plan.createdAt),
    gray_percentage: plan.percentage,
    support_debuger_first: plan.debuggersFirst,
    support_experiencer_first: plan.experiencersFirst,
    default_finish_timestamp: seconds(plan.createdAt + FINISH_AFTER_MS),
  };
}

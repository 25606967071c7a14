import type { Call } from '../model/api.js';
import {
  AUDIT,
  type Audit,
  type CodeVersion,
  GRAY,
  type MiniProgram,
  seconds,
} from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import { takeEffect } from '../model/setup.js';
import { releasableAudit } from './audits.js';
import { isGrayActive } from './gray.js';

/** WeChat keeps the five latest versions to revert to. */
const MAX_HISTORY = 5;

/**
 * POST wxa/release (section 9): releases the last approved version and ends a gray release. Without an approved
 * one: 85020 while the latest audit is undecided or rejected, otherwise 85019. Domains and privacy guide take effect.
 */
export function release(app: MiniProgram, { now, platform }: Call): Outcome {
  const audit = releasableAudit(app);
  if (!audit) return reject(isRejectedOrOpen(app.audits.at(-1)) ? 85020 : 85019);
  audit.releasedAt = now;
  if (app.gray && isGrayActive(app)) {
    app.gray.status = app.gray.auditId === audit.auditId ? GRAY.completed : GRAY.deleted;
  }
  goLive(app, audit.version, now);
  takeEffect(app.setup, platform);
  return done({ effect: `release ${audit.version.userVersion}` });
}

function isRejectedOrOpen(audit: Audit | undefined): boolean {
  return (
    audit !== undefined && [AUDIT.pending, AUDIT.rejected, AUDIT.delayed].some((one) => one === audit.status)
  );
}

function goLive(app: MiniProgram, version: CodeVersion, now: number): void {
  if (app.live) app.history.push(app.live);
  app.history.splice(0, app.history.length - MAX_HISTORY);
  app.live = { appVersion: app.nextAppVersion, version, releasedAt: now };
  app.nextAppVersion += 1;
}

/**
 * GET wxa/revertcoderelease (section 15): reverts to the previous version, or to `app_version`. The reverted
 * version leaves the history, so a repeated call reverts once more.
 */
export function revertRelease(app: MiniProgram, { query, now }: Call): Outcome {
  if (isGrayActive(app)) return reject(87011);
  const wanted = query.get('app_version');
  if (wanted !== null && !/^\d+$/.test(wanted)) return reject(40097);
  const target =
    wanted === null ? app.history.length - 1 : app.history.findIndex((one) => `${one.appVersion}` === wanted);
  const back = app.history[target];
  if (!back) return reject(87012);
  app.history.splice(target);
  app.live = { ...back, releasedAt: now };
  return done({ effect: `revert ${back.version.userVersion}` });
}

/**
 * GET wxa/revertcoderelease?action=get_history_version: the versions that a revert can return to, newest first.
 */
export function getHistoryVersion(app: MiniProgram): Outcome {
  const version_list = app.history.toReversed().map(({ appVersion, version }) => ({
    commit_time: seconds(version.committedAt),
    user_version: version.userVersion,
    user_desc: version.userDesc,
    app_version: appVersion,
  }));
  return done({ fields: { version_list } });
}

/** POST wxa/getversioninfo: the trial version and the released one, each omitted if there is none. */
export function getVersionInfo(app: MiniProgram): Outcome {
  const { trial, live } = app;
  const exp_info = trial && {
    exp_time: seconds(trial.committedAt),
    exp_version: trial.userVersion,
    exp_desc: trial.userDesc,
  };
  const release_info = live && {
    release_time: seconds(live.releasedAt),
    release_version: live.version.userVersion,
    release_desc: live.version.userDesc,
  };
  return done({ fields: { ...(exp_info && { exp_info }), ...(release_info && { release_info }) } });
}

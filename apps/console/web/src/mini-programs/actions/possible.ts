import type { KeyAfter } from '../../text/translate.js';
import type { MiniProgram } from '../types.js';

/** Why an action is not possible. */
export type WhyNot = KeyAfter<'miniPrograms.why.'>;

/** What decides whether an action is possible. */
export interface Facts {
  program: Pick<MiniProgram, 'authorization' | 'live' | 'trial' | 'audit' | 'grayPercentage' | 'observeTime'>;
  /** When a Release and a RevertRelease of this service last succeeded. */
  releasedAt?: string | undefined;
  revertedAt?: string | undefined;
  /** How many versions WeChat can restore; undefined: it was not asked. */
  earlierVersions?: number | undefined;
}

/** Why WeChat would refuse an action, or would do something that nobody wants; undefined if it is possible. */
export function whyNot(action: Action, facts: Facts): WhyNot | undefined {
  if (facts.program.authorization !== 'AUTHORIZER_STATE_AUTHORIZED') return 'unauthorized';
  return RULES[action](facts);
}

const RULES = {
  release: whyNotReleasable,
  grayRelease: (facts) => whyNotReleasable(facts) ?? (hasNoLive(facts) ? 'firstRelease' : undefined),
  speedUp: whyNotInAudit,
  undoAudit: whyNotInAudit,
  revertGrayRelease: ({ program }) => (program.grayPercentage > 0 ? undefined : 'noGray'),
  revert: (facts) => {
    if (hasNoLive(facts)) return 'noLive';
    if (facts.program.live?.source === 'VERSION_SOURCE_REVERTED') return 'justReverted';
    return facts.earlierVersions === 0 ? 'noEarlier' : undefined;
  },
  visitStatus: (facts) => (hasNoLive(facts) ? 'noLive' : undefined),
  supportVersion: () => undefined,
  submitAudit: ({ program }) => {
    if (program.trial === undefined) return 'noTrial';
    return isOpen(program.audit) ? 'inAudit' : undefined;
  },
  commit: () => undefined,
} satisfies Record<string, (facts: Facts) => WhyNot | undefined>;

export type Action = keyof typeof RULES;
export const ACTIONS = Object.keys(RULES) as Action[];

/** The action of a name; undefined if there is none. */
export const actionOf = (name: string | null) => ACTIONS.find((action) => action === name);

/** An approved version can be released once: not after it was live, taken back or not. */
function whyNotReleasable({ program, releasedAt, revertedAt }: Facts): WhyNot | undefined {
  const { audit, live } = program;
  if (audit === undefined) return 'noAudit';
  if (isOpen(audit)) return 'inAudit';
  if (audit.state === 'AUDIT_STATE_REJECTED') return 'rejected';
  if (audit.state === 'AUDIT_STATE_WITHDRAWN') return 'withdrawn';
  const decidedAt = audit.decideTime ?? audit.submitTime;
  if (isAfter(releasedAt, decidedAt)) return isAfter(revertedAt, releasedAt) ? 'reverted' : 'released';
  // A revert of the version before makes another one live after the decision.
  const isLive = live?.userVersion === audit.userVersion && isAfter(live.releaseTime, decidedAt);
  return isLive ? 'released' : undefined;
}

function whyNotInAudit({ program }: Facts): WhyNot | undefined {
  return isOpen(program.audit) ? undefined : 'notInAudit';
}

export function isOpen(audit: MiniProgram['audit']): boolean {
  return audit?.state === 'AUDIT_STATE_PENDING' || audit?.state === 'AUDIT_STATE_DELAYED';
}

/** A mini-program whose versions were never read may have a live version that is not known here. */
function hasNoLive({ program: { live, observeTime } }: Facts): boolean {
  return live === undefined && observeTime !== undefined;
}

function isAfter(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && Date.parse(one) > Date.parse(other);
}

import type { ApiError } from '../../api/call.js';
import type { MethodName, Response } from '../../api/types.js';
import type { MiniProgram } from '../types.js';

/** What WeChat answers to a question, or why it does not. */
export type Answer<M extends MethodName> = { value?: Response<M>; error?: ApiError };

export interface Answers {
  versions: Answer<'CodeManagement/GetVersionInfo'>;
  audit: Answer<'CodeManagement/GetLatestAuditStatus'>;
  gray: Answer<'CodeManagement/GetGrayReleasePlan'>;
}

const GRAY = ['GRAY_RELEASE_STATUS_RUNNING', 'GRAY_RELEASE_STATUS_PAUSED'];

/** A mini-program with what was done to it outside this service: a version, an audit or a gray release that it does not know. */
export function withAnswers(program: MiniProgram, { versions, audit, gray }: Answers): MiniProgram {
  const trial = versions.value?.trial;
  const latest = audit.value?.audit;
  const plan = gray.value?.plan;
  return {
    ...program,
    ...(trial &&
      trial.version !== program.trial?.userVersion && {
        trial: { userVersion: trial.version, templateId: '', ...(trial.time && { commitTime: trial.time }) },
      }),
    ...(latest && latest.auditId !== program.audit?.auditId && { audit: latest }),
    ...(plan && GRAY.includes(plan.status) && { grayPercentage: Math.max(1, plan.percentage) }),
  };
}

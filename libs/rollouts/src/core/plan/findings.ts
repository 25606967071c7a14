import type { RolloutFinding } from '@wxa/contracts';

interface FindingRow {
  /** StartRollout refuses the draft. */
  blocking: boolean;
  /** What to do. */
  hint: string;
  /** The same in Chinese. */
  hintZh: string;
}

const refused = (hint: string, hintZh: string): FindingRow => ({ blocking: true, hint, hintZh });
const shown = (hint: string, hintZh: string): FindingRow => ({ blocking: false, hint, hintZh });

/** The findings of a plan. Those that are shown only are handled while the rollout runs. */
export const FINDINGS = {
  NO_TARGETS: refused('Add mini-programs with AddRolloutTargets.', '用 AddRolloutTargets 添加小程序。'),
  TOO_MANY_TARGETS: refused('Split it into several rollouts.', '拆分为多个批量发布。'),
  TEMPLATE_UNKNOWN: refused(
    'Use the id of a template in the template library.',
    '使用模板库中存在的模板 ID。',
  ),
  NOT_ALLOWED: refused(
    'The policy does not allow the creator or the caller every method of the steps for these mini-programs. Remove them, or have the policy changed.',
    '策略不允许创建者或调用方对这些小程序执行各步骤的全部方法。请移除这些小程序或修改策略。',
  ),
  NOT_AUTHORIZED: shown(
    'They are skipped. Have them authorize the platform, then use RetryRollout.',
    '将被跳过。让其授权给平台后使用 RetryRollout。',
  ),
  NO_PERMISSION_SET_18: shown(
    'They are skipped. Have them authorize permission set 18, then use RetryRollout.',
    '将被跳过。让其授权 18 号权限集后使用 RetryRollout。',
  ),
  OPEN_AUDIT: shown(
    'Another audit is open; on_open_audit decides what happens.',
    '有其他审核尚未结束，由 on_open_audit 决定如何处理。',
  ),
  OTHER_ROLLOUT: shown(
    'They wait until the other rollout is done with them.',
    '将等待其他批量发布处理完毕。',
  ),
  CHANGE_IN_DOUBT: shown(
    'An earlier change is in doubt and blocks them. Resolve it with ResolveOperation.',
    '此前的变更结果未知，会阻塞这些小程序。用 ResolveOperation 处理。',
  ),
  QUOTA_SHORT: shown(
    'The month has fewer audits left than the rollout needs. Submissions wait for the next month or a larger quota.',
    '本月剩余审核次数不足，提交会等到下月或额度增加。',
  ),
  QUOTA_UNKNOWN: shown(
    'The remaining audits are not known. Submissions wait for the first answer of WeChat; if that does not report the quota, the reserve has no effect.',
    '剩余审核次数未知。提审会等待微信首次返回额度；若微信不返回额度，预留不生效。',
  ),
  API_STOPPED: shown(
    'An API of this rollout is stopped for the whole platform. Its steps wait until the stop ends.',
    '本次批量发布使用的接口已在全平台暂停，相关步骤会等到暂停解除。',
  ),
  VERSION_USED_BEFORE: shown(
    'This user_version was used before: preconditions and VERIFY cannot tell the two apart. Use a new name.',
    '该 user_version 曾使用过，前置条件和 VERIFY 无法区分。请使用新的名称。',
  ),
  FIRST_RELEASE_UNKNOWN: shown(
    'No live version is known, so a gray release may be refused; first_release_to_all decides what happens.',
    '未知是否有线上版本，灰度发布可能被拒绝，由 first_release_to_all 决定如何处理。',
  ),
  GRAY_RELEASE_LEFT: shown(
    'The first rollout left a gray release, and another audit or version is known since: they fail with VERSION_MISMATCH. Look at GetGrayReleasePlan and end it with RevertGrayRelease.',
    '原批量发布留有灰度发布，但此后已有其他审核或版本：将以 VERSION_MISMATCH 失败。请查看 GetGrayReleasePlan，并用 RevertGrayRelease 取消灰度。',
  ),
  EMPTY_WAVE: shown(
    'A wave has no targets. Its gates open at once.',
    '有的批次没有小程序，其闸门会立即打开。',
  ),
} as const satisfies Record<string, FindingRow>;

export type FindingReason = keyof typeof FINDINGS;

/** The finding of a reason. */
export function finding(reason: FindingReason, targets = 0, sampleAppids: string[] = []): RolloutFinding {
  const { blocking, hint, hintZh } = FINDINGS[reason];
  return { reason, blocking, targets, sampleAppids: sampleAppids.slice(0, 10), hint: `${hint} [${hintZh}]` };
}

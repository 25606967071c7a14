import { ReadinessItemType, type RolloutFinding } from '@wxa/contracts';

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
  OPEN_ROLLOUT_OVERLAP: shown(
    'Another open rollout takes in the same mini-programs with another template. A newcomer goes to the one that began to take in last; close the other one, or name it in `replaces`.',
    '另一个持续接收的批量发布以不同模板接收相同的小程序。新授权的小程序归最后开始接收的一个；请关闭另一个，或在 replaces 中指定它。',
  ),
  NOT_READY: shown(
    'Their owners or the platform have to complete this item (GetMiniProgram); readiness.on_not_ready decides what happens.',
    '需由商家或平台补齐该项目（见 GetMiniProgram），由 readiness.on_not_ready 决定如何处理。',
  ),
  DOMAIN_NOT_REGISTERED: shown(
    'Their settings name domains that the platform has not registered, or that WeChat refused (GetMiniProgram). Register them with SetPlatformDomains, or correct them and set them again; otherwise they are not ready, and the step SETTINGS pauses the rollout or fails them.',
    '其配置中的域名未登记到第三方平台，或被微信拒绝（见 GetMiniProgram）。请用 SetPlatformDomains 登记，或更正后重新设置；否则未就绪，设置步骤会暂停批量发布或失败。',
  ),
  EXT_VALUE_MISSING: shown(
    'Their settings have no value for a required member of ext.json. They fail before the commit unless ext_json or their patch has it.',
    '其配置缺少 ext.json 的必填项。除非 ext_json 或其补丁提供，否则会在提交代码前失败。',
  ),
  GUIDE_INCOMPLETE: shown(
    'The privacy guide of their settings has no contact, no notice method, or no text for data that WeChat detected. Complete it; otherwise they fail before an audit is used.',
    '其配置中的隐私保护指引缺少联系方式、通知方式或对微信检测到的信息的说明。请补全，否则会在提审前失败。',
  ),
  EMPTY_WAVE: shown(
    'A wave has no targets. Its gates open at once.',
    '有的批次没有小程序，其闸门会立即打开。',
  ),
} as const satisfies Record<string, FindingRow>;

export type FindingReason = keyof typeof FINDINGS;

/** The finding of a reason. */
export function finding(
  reason: FindingReason,
  { targets, sampleAppids }: AffectedTargets = NO_TARGETS,
  item = ReadinessItemType.READINESS_ITEM_TYPE_UNSPECIFIED,
): RolloutFinding {
  const { blocking, hint, hintZh } = FINDINGS[reason];
  const sample = sampleAppids.slice(0, 10);
  return { reason, blocking, targets, sampleAppids: sample, hint: `${hint} [${hintZh}]`, item };
}

/** How many targets have a problem, and at most 10 of them. */
export interface AffectedTargets {
  targets: number;
  sampleAppids: string[];
}

/** The finding concerns the rollout as a whole. */
const NO_TARGETS: AffectedTargets = { targets: 0, sampleAppids: [] };

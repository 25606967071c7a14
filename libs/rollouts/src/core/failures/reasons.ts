import { ErrorCategory, type OperationError } from '@wxa/contracts';

interface ReasonRow {
  category: ErrorCategory;
  /** Whether RetryRollout may succeed without any other change. */
  retryable: boolean;
  /** What to do. */
  hint: string;
  /** The same in Chinese. */
  hintZh: string;
}

const { ERROR_CATEGORY_STATE: STATE, ERROR_CATEGORY_CONTENT: CONTENT } = ErrorCategory;
const { ERROR_CATEGORY_TOKEN: TOKEN, ERROR_CATEGORY_REQUEST: REQUEST } = ErrorCategory;

/** The reasons that only targets of rollouts have; all others are those of operations. */
export const ROLLOUT_REASONS = {
  AUDIT_REJECTED: row(
    CONTENT,
    false,
    'Read the reasons of the rejection. Correct the template in a new rollout over these mini-programs, or retry from SUBMIT_AUDIT.',
    '查看驳回原因。修正模板后用新的批量发布覆盖这些小程序，或从提审重试。',
  ),
  AUDIT_WITHDRAWN: row(
    STATE,
    true,
    'The audit was withdrawn outside this rollout. Retry to submit again.',
    '审核被撤回。重试会重新提交审核。',
  ),
  AUDIT_TIMEOUT: row(
    STATE,
    true,
    'The audit is still open at WeChat. Retry to wait for it without a limit.',
    '审核在微信侧仍未结束。重试会继续等待，不再限时。',
  ),
  OPEN_AUDIT: row(
    STATE,
    true,
    'Another audit of the mini-program is open. Retry when it has ended, or set on_open_audit.',
    '该小程序有其他审核尚未结束。等其结束后重试，或设置 on_open_audit。',
  ),
  CHECK_PAGES: row(
    CONTENT,
    false,
    'Use pages that the committed code has, or give the mini-program its own audit items in a new rollout.',
    '使用已上传代码中存在的页面，或在新的批量发布中为该小程序单独设置审核项。',
  ),
  CHECK_CATEGORIES: row(
    CONTENT,
    false,
    'Add the category to the mini-program, then retry; or give it its own audit items in a new rollout.',
    '为该小程序添加类目后重试，或在新的批量发布中单独设置审核项。',
  ),
  CHECK_PRIVACY: row(
    CONTENT,
    false,
    'Apply for the privacy interfaces or declare them in the template; if they are not used, set privacy_api_not_used.',
    '申请隐私接口权限或在模板中声明；若不使用这些接口，设置 privacy_api_not_used。',
  ),
  NOT_READY: row(
    STATE,
    false,
    'Have its owner or the platform complete these items (GetMiniProgram), then retry; or set readiness to wait for them, or to ignore them.',
    '请商家或平台补齐这些项目（见 GetMiniProgram）后重试；也可在批量发布中设置等待或忽略。',
  ),
  EXT_VALUE_MISSING: row(
    CONTENT,
    false,
    'Give the mini-program the missing value in its settings or in its own patch of ext.json, then retry.',
    '在该小程序的配置或其 ext.json 补丁中补齐缺少的值，然后重试。',
  ),
  DOMAINS_REFUSED: row(
    CONTENT,
    false,
    'Correct these domains in the settings, or complete their ICP filing, then retry from SETTINGS.',
    '微信拒绝了部分域名：在配置中更正域名或完成其备案，然后从 SETTINGS 重试。',
  ),
  DOMAIN_NOT_REGISTERED: row(
    STATE,
    false,
    'Register the domains for the platform with SetPlatformDomains, or take them out of the settings, then retry.',
    '用 SetPlatformDomains 将域名登记到第三方平台，或从配置中移除，然后重试。',
  ),
  GUIDE_INCOMPLETE: row(
    CONTENT,
    false,
    'Complete the privacy guide in the settings, then retry from SETTINGS.',
    '补全配置中的隐私保护指引，然后从 SETTINGS 重试。',
  ),
  PRIVACY_TEXT_MISSING: row(
    CONTENT,
    false,
    'Add a text for these kinds of data to the privacy guide in the settings, then retry from SETTINGS. No audit was used.',
    '隐私保护指引未覆盖代码使用的信息：在配置中补充说明，然后从 SETTINGS 重试。未消耗提审额度。',
  ),
  INTERFACE_REFUSED: row(
    CONTENT,
    false,
    'Apply for the interface again with another text (ApplyPrivacyInterface), then retry from SETTINGS.',
    '接口权限申请被驳回：修改说明后重新申请，然后从 SETTINGS 重试。',
  ),
  NOT_LIVE: row(
    STATE,
    true,
    'The released version is not live. Look up the release history; retry from RELEASE if it is still approved.',
    '发布后的线上版本不是本版本。查看发布记录；若仍为审核通过状态，从 RELEASE 重试。',
  ),
  STILL_LIVE: row(
    STATE,
    true,
    'The version is still live after the rollback. Retry from ROLL_BACK.',
    '回退后该版本仍在线上。从 ROLL_BACK 重试。',
  ),
  RELEASED_BY_HAND: row(
    STATE,
    false,
    'Another version was released outside this rollout. No action is needed if that was intended.',
    '其他版本已在本次批量发布之外发布。若属预期，无需处理。',
  ),
  FIRST_RELEASE: row(
    STATE,
    false,
    'A mini-program without a live version cannot start with a gray release. Release it to all users, or set first_release_to_all.',
    '没有线上版本的小程序不能灰度发布。请全量发布，或设置 first_release_to_all。',
  ),
  ALREADY_RELEASED: row(
    STATE,
    false,
    'It has a live version, and the rollout takes in unreleased mini-programs only. No action is needed.',
    '该小程序已有线上版本，本次批量发布只接收未发布的小程序，无需处理。',
  ),
  REPLACED: row(
    STATE,
    false,
    'Another rollout has taken it over. No action is needed.',
    '已由接替的批量发布接手，无需处理。',
  ),
  NOTHING_TO_ROLL_BACK: row(
    STATE,
    false,
    'The first rollout released nothing here. No action is needed.',
    '原批量发布在该小程序上没有可回退的内容，无需处理。',
  ),
  NOT_AUTHORIZED: row(
    TOKEN,
    false,
    'Have the mini-program authorize the platform with permission set 18, then retry.',
    '让小程序授权给平台并包含 18 号权限集，然后重试。',
  ),
  TAKEN_OUT: row(
    STATE,
    false,
    'An operator took it out of the rollout. Retry to take it in again.',
    '已由人工移出本次批量发布。重试可重新加入。',
  ),
  OPERATION_CANCELLED: row(
    STATE,
    true,
    'The operation was cancelled with CancelOperation. Retry to repeat it.',
    '该操作已被 CancelOperation 取消。重试会重新执行。',
  ),
  REQUEST_ID_TAKEN: row(
    REQUEST,
    true,
    'Another caller has used the request_id of this step. Retry to use the next one.',
    '该步骤的 request_id 已被其他调用方使用。重试会使用下一个。',
  ),
} as const satisfies Record<string, ReasonRow>;

/** The reasons that only rollouts have. */
export type RolloutReason = keyof typeof ROLLOUT_REASONS;

/** The error of a target for one of these reasons. */
export function rolloutError(
  reason: RolloutReason,
  errmsg: string,
  more: {
    /** WeChat's error that led to it, whose errcode and rid it keeps. */
    cause?: OperationError | undefined;
    /** The values in `errmsg`, by name. */
    args?: Record<string, string>;
  } = {},
): OperationError {
  const { category, retryable, hint, hintZh } = ROLLOUT_REASONS[reason];
  const { errcode = 0, rid = '' } = more.cause ?? {};
  const texts = { errmsg, hint: `${hint} [${hintZh}]`, arguments: more.args ?? {} };
  return { errcode, rid, reason, category, retryable, ...texts };
}

/** The error of a change whose operation was deleted by retention before its result was read. */
export const RESULT_DELETED: OperationError = {
  errcode: 0,
  errmsg: 'the operation was deleted by retention before the rollout read its result',
  rid: '',
  reason: 'UNCLEAR',
  category: STATE,
  retryable: false,
  hint: 'Check the state at WeChat, then retry or skip the mini-program. [请在微信侧核实状态，然后重试或跳过该小程序。]',
  arguments: {},
};

/** The error of an operation that failed without one. */
export const NO_ERROR_STORED: OperationError = {
  ...RESULT_DELETED,
  errmsg: 'the operation failed without an error',
  reason: 'INTERNAL',
  category: ErrorCategory.ERROR_CATEGORY_INTERNAL,
};

function row(category: ErrorCategory, retryable: boolean, hint: string, hintZh: string): ReasonRow {
  return { category, retryable, hint, hintZh };
}

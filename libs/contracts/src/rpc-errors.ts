import { status as Code } from '@grpc/grpc-js';
import type { RpcErrorCategory } from './operation-reasons.js';

export interface RpcErrorRow {
  code: Code;
  category: RpcErrorCategory;
  /** A retry is useless before this time has passed. If unset, the error is not retryable. */
  retryAfterMs?: number;
  /** What docs/errors.md says instead, where the delay is computed. */
  retryText?: string;
  /** What the caller can do. */
  hint: string;
  /** The hint in Chinese. */
  hintZh: string;
}

/** The gateway's own errors, by `ErrorInfo.reason`. */
export const RPC_ERRORS = {
  INVALID_REQUEST: {
    code: Code.INVALID_ARGUMENT,
    category: 'REQUEST',
    hint: 'Correct the fields that `BadRequest` lists.',
    hintZh: '修正 BadRequest 中列出的字段。',
  },
  MALFORMED_MESSAGE: {
    code: Code.INVALID_ARGUMENT,
    category: 'REQUEST',
    hint: "Send a message of the RPC's type, with text in UTF-8.",
    hintZh: '发送该 RPC 类型的消息，文本须为 UTF-8。',
  },
  REQUEST_ID_REUSED: {
    code: Code.ALREADY_EXISTS,
    category: 'REQUEST',
    hint: 'Use another `request_id` for other content.',
    hintZh: '内容不同时请使用新的 request_id。',
  },
  CALLER_UNKNOWN: {
    code: Code.UNAUTHENTICATED,
    category: 'PERMISSION',
    hint: 'Send a valid client certificate, JWT or API key.',
    hintZh: '携带有效的客户端证书、JWT 或 API key。',
  },
  CREDENTIALS_EXPIRED: {
    code: Code.UNAUTHENTICATED,
    category: 'PERMISSION',
    hint: 'Renew the credential.',
    hintZh: '更新已过期的凭证。',
  },
  CREDENTIALS_UNVERIFIABLE: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 5000,
    hint: "Retry; if it persists, check whether the gateway can reach the issuer's keys.",
    hintZh: '重试；若持续出现，检查网关能否访问签发方的公钥。',
  },
  CALLER_NOT_ALLOWED: {
    code: Code.PERMISSION_DENIED,
    category: 'PERMISSION',
    hint: 'Have a rule added to the policy, or use a mini-program and a method that the policy allows.',
    hintZh: '在策略中增加规则，或只使用策略允许的小程序和方法。',
  },
  CALLER_RATE_LIMITED: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 1000,
    retryText: 'once the budget allows a call, plus up to 1 s at random',
    hint: 'Call less often.',
    hintZh: '降低调用频率。',
  },
  CALLER_QUOTA_EXCEEDED: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'QUOTA',
    retryAfterMs: 30_000,
    retryText: 'after 30 s; not retryable if it is the limit of a month',
    hint: 'Wait until earlier operations have ended, or for the next month or a higher limit.',
    hintZh: '等待此前的操作结束；若为每月上限，等待下月或提高上限。',
  },
  NOT_AUTHORIZED: {
    code: Code.FAILED_PRECONDITION,
    category: 'TOKEN',
    hint: 'Have the mini-program authorize the platform, or import it.',
    hintZh: '让小程序授权给平台，或导入其授权。',
  },
  PERMISSION_SET_MISSING: {
    code: Code.PERMISSION_DENIED,
    category: 'PERMISSION',
    hint: 'Have the mini-program authorize permission set 18 (code management).',
    hintZh: '让小程序授权权限集 18（代码管理）。',
  },
  AUTHORIZER_NOT_FOUND: {
    code: Code.NOT_FOUND,
    category: 'REQUEST',
    hint: 'Check the appid.',
    hintZh: '检查 appid。',
  },
  SYNC_RUNNING: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Follow it with GetAuthorizerSync.',
    hintZh: '同步正在进行，用 GetAuthorizerSync 查看进度。',
  },
  AUTHORIZER_SYNC_NOT_FOUND: {
    code: Code.NOT_FOUND,
    category: 'REQUEST',
    hint: 'Use an id that SyncAuthorizers returned; syncs are deleted after 90 days.',
    hintZh: '使用 SyncAuthorizers 返回的 id；同步记录保留 90 天。',
  },
  AUTHORIZER_EXISTS: {
    code: Code.ALREADY_EXISTS,
    category: 'STATE',
    hint: 'No action is needed, unless its token is to be replaced: remove it first.',
    hintZh: '通常无需处理；若要更换 refresh token，先移除该小程序。',
  },
  DOMAIN_CHANGES_EXHAUSTED: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Set the server domains next month in China: WeChat allows 50 changes a month.',
    hintZh: '本月 50 次服务器域名修改次数已用完，请下月再设置。',
  },
  SETTINGS_MISSING: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Store it in a settings layer of the mini-program, or send the value itself.',
    hintZh: '在该小程序的配置层中补充该项，或在请求中直接给出值。',
  },
  SETTINGS_VERSION: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Read the layer again, and send your change with its present version.',
    hintZh: '重新读取该配置层，用当前版本号再次提交修改。',
  },
  SETTINGS_LAYER_NOT_FOUND: {
    code: Code.NOT_FOUND,
    category: 'REQUEST',
    hint: 'Check scope and version; the last 50 versions of a layer are kept.',
    hintZh: '检查范围和版本号；每个配置层只保留最近 50 个版本。',
  },
  DOMAIN_IN_USE: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Remove the domain from the settings layers that name it, or set `allow_in_use`.',
    hintZh: '先从配置层中去掉该域名，或设置 allow_in_use。',
  },
  TOKEN_SOURCE_NOT_COMPONENT: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Set WECHAT_TOKEN_SOURCE to `component` to use this call.',
    hintZh: '使用该调用须把 WECHAT_TOKEN_SOURCE 设为 component。',
  },
  COMPONENT_APPID_UNKNOWN: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Set the appid in the request, or WECHAT_COMPONENT_APPID.',
    hintZh: '在请求中填写 appid，或配置 WECHAT_COMPONENT_APPID。',
  },
  AUDIT_NOT_FOUND: {
    code: Code.NOT_FOUND,
    category: 'REQUEST',
    hint: 'Check the appid and the audit id; ended audits are deleted after a while. GetAuditStatus asks WeChat.',
    hintZh: '检查 appid 和审核编号；已结束的审核会在一段时间后删除。可用 GetAuditStatus 向微信查询。',
  },
  OPERATION_NOT_FOUND: {
    code: Code.NOT_FOUND,
    category: 'REQUEST',
    hint: 'Check the id; finished operations are deleted after a while.',
    hintZh: '检查 id；已结束的操作会在一段时间后删除。',
  },
  OPERATION_NOT_CANCELLABLE: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Wait for its end: it was sent to WeChat, or has ended.',
    hintZh: '操作已发送给微信或已结束，请等待其结果。',
  },
  OPERATION_NOT_IN_DOUBT: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'No action is needed; GetOperation returns its state.',
    hintZh: '操作不处于存疑状态，无需处理；用 GetOperation 查看。',
  },
  OPERATION_CANCELLED: {
    code: Code.ABORTED,
    category: 'STATE',
    hint: 'Send the query again if its answer is still needed.',
    hintZh: '若仍需要结果，请重新查询。',
  },
  ROLLOUT_NOT_FOUND: {
    code: Code.NOT_FOUND,
    category: 'REQUEST',
    hint: 'Check the id; only the creator and callers that may use all mini-programs can see a rollout.',
    hintZh: '检查 id；只有创建者和可使用全部小程序的调用方能看到该批量发布。',
  },
  ROLLOUT_TARGET_NOT_FOUND: {
    code: Code.NOT_FOUND,
    category: 'REQUEST',
    hint: 'Check the appid: it is not in this rollout.',
    hintZh: '检查 appid，该小程序不在此批量发布中。',
  },
  ROLLOUT_STATE: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Check the state of the rollout: it does not allow this call.',
    hintZh: '检查批量发布的状态，当前状态不允许该调用。',
  },
  ROLLOUT_PLAN_REFUSED: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Resolve the blocking findings of GetRolloutPlan.',
    hintZh: '先解决 GetRolloutPlan 中标记为 blocking 的问题。',
  },
  ROLLOUT_TARGET_LIMIT: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Select at most 100,000 mini-programs, or create several rollouts.',
    hintZh: '最多选择 100,000 个小程序，或拆分为多个批量发布。',
  },
  ROLLOUT_ALREADY_ROLLED_BACK: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'No action is needed; the metadata names the rollback.',
    hintZh: '无需处理，metadata 中有已有回滚的 id。',
  },
  TOO_MANY_ROLLOUTS: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'QUOTA',
    retryAfterMs: 60_000,
    hint: 'Wait until another rollout has ended, or cancel one.',
    hintZh: '等待其他批量发布结束，或取消其中一个。',
  },
  WAIT_ENDED: {
    code: Code.DEADLINE_EXCEEDED,
    category: 'DEADLINE',
    hint: 'Get the result later with GetOperation, or set a longer deadline.',
    hintZh: '稍后用 GetOperation 获取结果，或设置更长的期限。',
  },
  UPLOAD_TOO_SLOW: {
    code: Code.DEADLINE_EXCEEDED,
    category: 'DEADLINE',
    hint: 'Send the file faster; it has to arrive within 2 minutes.',
    hintZh: '加快上传，文件须在 2 分钟内送达。',
  },
  CALLER_GONE: {
    code: Code.CANCELLED,
    category: 'DEADLINE',
    hint: 'No action is needed: the caller cancelled the call.',
    hintZh: '调用方已取消，无需处理。',
  },
  STORE_UNAVAILABLE: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 1000,
    hint: 'Retry; if it persists, check Postgres. If only CancelOperation and ResolveOperation fail, check Kafka and the workers.',
    hintZh:
      '重试；若持续出现，检查 Postgres。若只有 CancelOperation 和 ResolveOperation 失败，检查 Kafka 和 worker。',
  },
  HISTORY_BEHIND: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 60_000,
    hint: 'Wait until the operator has brought Postgres up to date (docs/restore.md).',
    hintZh: '等待运维人员按 docs/restore.md 恢复 Postgres。',
  },
  WORKERS_BEHIND: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 10_000,
    hint: 'Retry when all workers run the new version.',
    hintZh: '待所有 worker 升级后重试。',
  },
  STOPPING: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 1000,
    hint: 'Retry: another gateway accepts the call.',
    hintZh: '重试，由其他网关处理。',
  },
  TOO_MANY_REQUESTS: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 1000,
    hint: 'Retry after the delay, with fewer calls at once.',
    hintZh: '按给出的间隔重试，并减少并发。',
  },
  TOO_MANY_WAITING: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 5000,
    hint: 'Retry after the delay, with fewer waiting calls.',
    hintZh: '按给出的间隔重试，并减少等待中的调用。',
  },
  TOO_MANY_WATCHERS: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 5000,
    hint: 'Close streams that are not needed.',
    hintZh: '关闭不需要的 WatchOperations 或 WatchRollout 流。',
  },
  WATCHER_TOO_SLOW: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 1000,
    hint: 'Read the stream faster, or watch one mini-program only, and open it again.',
    hintZh: '加快读取，或只监听一个小程序，然后重新打开流。',
  },
  INTERNAL: {
    code: Code.INTERNAL,
    category: 'INTERNAL',
    hint: "Report it with the time of the call; the gateway's log has the cause.",
    hintZh: '请附上调用时间反馈，原因见网关日志。',
  },
} as const satisfies Record<string, RpcErrorRow>;

export type RpcErrorReason = keyof typeof RPC_ERRORS;

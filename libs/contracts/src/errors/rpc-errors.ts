import { status as Code } from '@grpc/grpc-js';
import type { RpcErrorCategory, RpcErrorRow } from '../operation-reasons.js';
import { SERVER_ERRORS } from './server-errors.js';

/** The gRPC status code for each category of a failed operation. */
export const CATEGORY_CODES: Record<RpcErrorCategory, Code> = {
  BUSY: Code.UNAVAILABLE,
  TRANSPORT: Code.UNAVAILABLE,
  DEADLINE: Code.UNAVAILABLE,
  RATE: Code.RESOURCE_EXHAUSTED,
  QUOTA: Code.RESOURCE_EXHAUSTED,
  TOKEN: Code.FAILED_PRECONDITION,
  STATE: Code.FAILED_PRECONDITION,
  PERMISSION: Code.PERMISSION_DENIED,
  CONTENT: Code.INVALID_ARGUMENT,
  REQUEST: Code.INVALID_ARGUMENT,
  INTERNAL: Code.INTERNAL,
};

const UNKNOWN_APPID: RpcErrorRow = {
  ...{ code: Code.NOT_FOUND, category: 'REQUEST' },
  ...{ hint: 'Check the appid.', hintZh: '检查 appid。' },
};

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
    retryText: 'when the budget allows a call',
    hint: 'Call less often.',
    hintZh: '降低调用频率。',
  },
  CALLER_QUOTA_EXCEEDED: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'QUOTA',
    retryAfterMs: 30_000,
    retryText: 'after 30 s, except at the limit of a month',
    hint: 'Wait until earlier operations have ended, or for the next month or a higher limit.',
    hintZh: '等待此前的操作结束；若为每月上限，等待下月或提高上限。',
  },
  NOT_AUTHORIZED: {
    code: Code.FAILED_PRECONDITION,
    category: 'TOKEN',
    hint: 'Have the mini-program authorize the platform, or import it.',
    hintZh: '让小程序授权给平台，或导入其授权。',
  },
  TOKEN_NOT_AVAILABLE: {
    code: Code.UNAVAILABLE,
    category: 'TRANSPORT',
    retryAfterMs: 2000,
    hint: 'Of the token service (503). Retry after Retry-After; if it persists, check Postgres, and whether the workers reach WeChat.',
    hintZh: '令牌暂不可用，按 Retry-After 重试；若持续出现，检查 worker 与微信的连接。',
  },
  TOKEN_READ_TOO_OFTEN: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'RATE',
    retryAfterMs: 1000,
    retryText: 'once the limit allows a read',
    hint: 'Of the token service (429). Keep the token until `expires_in` has passed.',
    hintZh: '请在本地缓存令牌，直到 expires_in 到期。',
  },
  PERMISSION_SET_MISSING: {
    code: Code.PERMISSION_DENIED,
    category: 'PERMISSION',
    hint: 'Have the mini-program authorize permission set 18 (code management).',
    hintZh: '让小程序授权权限集 18（代码管理）。',
  },
  MINI_PROGRAM_NOT_FOUND: UNKNOWN_APPID,
  AUTHORIZER_NOT_FOUND: UNKNOWN_APPID,
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
  CALL_NOT_LISTED: {
    code: Code.INVALID_ARGUMENT,
    category: 'REQUEST',
    hint: 'The section `calls` of the policy file has no such entry. Check the name, or have it added.',
    hintZh: '策略文件的 calls 中没有该条目，请检查名称或由管理员添加。',
  },
  CALL_EFFECT_MISMATCH: {
    code: Code.INVALID_ARGUMENT,
    category: 'REQUEST',
    hint: 'Use ChangeWechat for an entry with effect `set` or `once`, and QueryWechat for one with effect `none`.',
    hintZh: '该条目会修改数据，请使用 ChangeWechat（只读条目使用 QueryWechat）。',
  },
  TOKEN_SOURCE_NOT_COMPONENT: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'This call needs tokens or callbacks that the token source does not have. Set WECHAT_TOKEN_SOURCE to `component`, or make mini-programs known with RegisterAuthorizers.',
    hintZh:
      '当前令牌来源不支持该调用：把 WECHAT_TOKEN_SOURCE 设为 component，或用 RegisterAuthorizers 登记小程序。',
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
  TEMPLATE_IN_USE: {
    code: Code.FAILED_PRECONDITION,
    category: 'STATE',
    hint: 'Wait until the rollout has committed its targets, skip those that remain, or cancel it; then delete the template.',
    hintZh: '等待该批量发布上传完代码，或跳过剩余小程序、取消该批量发布后，再删除模板。',
  },
  TOO_MANY_ROLLOUTS: {
    code: Code.RESOURCE_EXHAUSTED,
    category: 'QUOTA',
    retryAfterMs: 60_000,
    hint: 'Wait until another rollout has ended, or cancel one.',
    hintZh: '等待其他批量发布结束，或取消其中一个。',
  },
  ...SERVER_ERRORS,
} as const satisfies Record<string, RpcErrorRow>;

export type RpcErrorReason = keyof typeof RPC_ERRORS;

import type { status as Code } from '@grpc/grpc-js';

/** The error categories of the proto, without their prefix. */
export type RpcErrorCategory =
  | 'BUSY'
  | 'RATE'
  | 'QUOTA'
  | 'TOKEN'
  | 'PERMISSION'
  | 'STATE'
  | 'CONTENT'
  | 'REQUEST'
  | 'TRANSPORT'
  | 'DEADLINE'
  | 'INTERNAL';

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

export interface OperationReasonRow {
  category: RpcErrorCategory;
  /** Whether a new request, or the same operation by itself, can succeed without any other change. */
  retryable: boolean;
  /** What to do. */
  hint: string;
  /** The hint in Chinese. */
  hintZh: string;
}

/** The reasons of `Operation.error` for which WeChat has no errcode, for docs/errors.md, whose test finds those that are missing. */
export const OPERATION_REASONS = {
  DEADLINE: row(
    'DEADLINE',
    true,
    'Send it again with a new `request_id`; `errmsg` has the last error.',
    '用新的 request_id 重发；errmsg 中有最后一次的错误。',
  ),
  SUBMIT_STUCK: row(
    'DEADLINE',
    false,
    'WeChat answered -1 to the submission until its deadline. Add the draft to the templates again, commit the new template, then submit again.',
    '微信对该提审一直返回 -1，直到期限结束。请把草稿重新添加到模板库，用新模板重新上传代码，再提交审核。',
  ),
  VERSION_MISMATCH: row(
    'STATE',
    false,
    'The call was not sent. Look up the versions and the latest audit of the mini-program, then send what you want.',
    '请求未发送。查看小程序的版本和最近一次审核，再发送需要的请求。',
  ),
  RESULT_UNKNOWN: row(
    'INTERNAL',
    false,
    'The call may have been made, its result is unknown, and it is not made again. Look up the state at WeChat before you send it with a new `request_id`.',
    '调用可能已发出，结果未知，系统不会重发；请先查询微信侧状态，再决定是否重新提交。',
  ),
  RESPONSE_TOO_LARGE: row(
    'INTERNAL',
    false,
    'WeChat executed the call, and its answer has more than 256 KiB. Take a token and call the API directly.',
    '微信已执行该调用，但返回内容超过 256 KiB；请自行取令牌直接调用接口。',
  ),
  RESPONSE_NOT_JSON: row(
    'INTERNAL',
    false,
    "WeChat's answer is not a JSON object, for example a picture. Take a token and call the API directly.",
    '微信返回的内容过大或不是 JSON，不支持通过该接口获取，请自行取令牌调用。',
  ),
  COMMIT_MISSING: row(
    'STATE',
    false,
    'Commit code first: WeChat stores no guide for a mini-program without code.',
    '请先上传代码：没有代码时微信不会保存隐私指引。',
  ),
  GUIDE_NOT_STORED: row(
    'STATE',
    true,
    'WeChat accepted the guide but does not show it. Compare it with GetPrivacyGuide, then send it again.',
    '微信接受了隐私指引但没有保存。用 GetPrivacyGuide 比对后重新发送。',
  ),
  DOMAIN_CHANGES_EXHAUSTED: row(
    'QUOTA',
    false,
    'Set the server domains next month in China: WeChat allows 50 changes a month.',
    '本月 50 次服务器域名修改次数已用完，请下月再设置。',
  ),
  WEBVIEW_NOT_ALLOWED: row(
    'PERMISSION',
    false,
    'A personal account may not have web-view domains. Leave them out.',
    '个人主体的小程序不能设置业务域名，请去掉。',
  ),
  INTERFACE_NOT_APPLICABLE: row(
    'STATE',
    false,
    'See ListPrivacyInterfaces: it is in review, open, not permitted or unknown. A missing category is a common cause.',
    '查看 ListPrivacyInterfaces：该接口审核中、已开通、无权限或不存在，常见原因是缺少类目。',
  ),
  NOT_AUTHORIZED: row(
    'TOKEN',
    false,
    'Have the mini-program authorize the platform, then send it again.',
    '让小程序授权给平台，然后重发。',
  ),
  TOKEN_UNAVAILABLE: row(
    'TOKEN',
    true,
    'The request was not sent. Check the token source.',
    '请求未发送。请检查凭据来源。',
  ),
  RESOLVED_NOT_DONE: row(
    'STATE',
    true,
    'An operator found that it was not executed. If it is still needed, send it as a new request.',
    '人工确认未执行。若仍需要，请作为新请求发送。',
  ),
  WORKER_LOST: row(
    'TRANSPORT',
    false,
    'The worker stopped during the call. Wait for the reconciliation; if that is inconclusive, use ResolveOperation.',
    'worker 在调用期间停止。等待核对结果；若无法确定，用 ResolveOperation 人工处理。',
  ),
  UNCLEAR: row(
    'STATE',
    false,
    "WeChat's state does not show whether it was executed. Check it, then use ResolveOperation.",
    '从微信的状态看不出是否已执行。请核实后用 ResolveOperation 人工处理。',
  ),
  RESTORED: row(
    'TRANSPORT',
    false,
    'Postgres was restored to a time before the call. Wait for the reconciliation; if that is inconclusive, use ResolveOperation.',
    'Postgres 被恢复到调用之前。等待核对结果；若无法确定，用 ResolveOperation 人工处理。',
  ),
  CONTENT_LOST: row(
    'INTERNAL',
    false,
    'Postgres was restored to a time before the file or token was received. Send it again with a new `request_id`.',
    'Postgres 被恢复到收到文件或 token 之前。请用新的 request_id 重发。',
  ),
  PACED: row(
    'RATE',
    true,
    "No action is needed: it waits for this service's rate limit.",
    '在本服务的限速下等待，会自动继续，无需处理。',
  ),
  API_STOPPED: row(
    'RATE',
    true,
    'An operator has stopped this API. It continues when the stop ends.',
    '运维人员暂停了该接口，解除后自动继续。',
  ),
  CONNECT_FAILED: row(
    'TRANSPORT',
    true,
    'It was not sent: WeChat could not be reached. Check network and proxy if it persists.',
    '无法连接微信，请求未发送。若持续出现，检查网络和代理。',
  ),
  TIMEOUT: row(
    'TRANSPORT',
    true,
    'WeChat did not answer in time and may have executed it. A change is reconciled; send a query again.',
    '微信未按时响应，可能已执行。变更会自动核对，查询可重发。',
  ),
  CONNECTION_RESET: row(
    'TRANSPORT',
    true,
    'The connection was closed before the response was complete; WeChat may have executed it. A change is reconciled; send a query again.',
    '响应完成前连接被关闭，微信可能已执行。变更会自动核对，查询可重发。',
  ),
  HTTP_STATUS: row(
    'TRANSPORT',
    true,
    'A server between this service and WeChat answered. Check proxy and firewall if it persists.',
    '中间服务器返回了错误。若持续出现，检查代理和防火墙。',
  ),
  HTTP_REFUSED: row(
    'INTERNAL',
    false,
    'It was rejected before it reached an API; see HTTP statuses above.',
    '请求在到达接口之前被拒绝，见上文的 HTTP 状态表。',
  ),
  ANSWER_UNREADABLE: row(
    'TRANSPORT',
    true,
    "The response does not have the format of this API. Check whether a proxy replaces WeChat's responses.",
    '响应不符合该接口的格式。检查代理是否替换了微信的响应。',
  ),
  ANSWER_TOO_LARGE: row(
    'TRANSPORT',
    true,
    "The response exceeds the size limit. Check whether a proxy replaces WeChat's responses.",
    '响应超过大小限制。检查代理是否替换了微信的响应。',
  ),
  ABORTED: row(
    'TRANSPORT',
    true,
    'The worker stopped the call, for example at its shutdown; it is retried or reconciled.',
    'worker 中止了调用，例如停机时；会自动重试或核对。',
  ),
  INTERNAL: row(
    'INTERNAL',
    false,
    "Report it with the operation id; the worker's log has the cause.",
    '请附上操作 id 反馈，原因见 worker 日志。',
  ),
} as const satisfies Record<string, OperationReasonRow>;

function row(
  category: RpcErrorCategory,
  retryable: boolean,
  hint: string,
  hintZh: string,
): OperationReasonRow {
  return { category, retryable, hint, hintZh };
}

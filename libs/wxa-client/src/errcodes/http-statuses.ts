import type { ErrcodeInfo, ErrorCategory } from './errcodes.js';

/** The meaning of a 4xx without an errcode. WeChat's APIs respond with 200 to everything, so none of them sent it. */
export interface HttpRefusalInfo extends Pick<ErrcodeInfo, 'category' | 'retryable' | 'hint' | 'hintZh'> {
  /**
   * With `never` the request was rejected before it reached an API; with `unknown` a proxy may have rejected the
   * response.
   */
  reachedApi: 'never' | 'unknown';
  reason: 'HTTP_REFUSED' | 'HTTP_STATUS';
}

const notServed = refused(
  'INTERNAL',
  'WeChat does not serve this API at this URL; check WECHAT_API_URL.',
  '该地址上没有微信的这个接口，请检查 WECHAT_API_URL。',
);
const malformed = refused(
  'INTERNAL',
  "WeChat's HTTP server rejected the request as malformed; report it.",
  '微信的 HTTP 服务器认为请求格式错误，请反馈。',
);
const tooLarge = refused(
  'REQUEST',
  "A field is too long for WeChat's HTTP server; shorten it.",
  '有字段过长，微信的 HTTP 服务器不接受，请缩短。',
);
const blocked = between(
  false,
  "A server between this service and WeChat's API rejected the call; check proxy and firewall.",
  '请求在到达微信之前或返回途中被中间服务器拒绝，请检查代理和防火墙。',
);
const tooEarly = between(
  true,
  "A server between this service and WeChat's API rejected the call; retry later.",
  '请求被中间服务器拒绝，请稍后重试。',
);

const table: Readonly<Record<number, HttpRefusalInfo>> = {
  400: malformed,
  401: blocked,
  403: blocked,
  404: notServed,
  405: notServed,
  407: blocked,
  408: tooEarly,
  411: malformed,
  413: tooLarge,
  414: tooLarge,
  415: malformed,
  417: malformed,
  421: blocked,
  425: tooEarly,
  429: tooEarly,
  431: tooLarge,
};

/** The statuses that have a row of their own; others of the 4xx are as 403. */
export const knownHttpRefusals: readonly number[] = Object.keys(table).map(Number);

/** What a 4xx means that carries no errcode; undefined for any other status. */
export function describeHttpRefusal(status: number): HttpRefusalInfo | undefined {
  return status >= 400 && status < 500 ? (table[status] ?? blocked) : undefined;
}

function refused(category: ErrorCategory, hint: string, hintZh: string): HttpRefusalInfo {
  return { reachedApi: 'never', reason: 'HTTP_REFUSED', category, retryable: false, hint, hintZh };
}

function between(retryable: boolean, hint: string, hintZh: string): HttpRefusalInfo {
  return { reachedApi: 'unknown', reason: 'HTTP_STATUS', category: 'TRANSPORT', retryable, hint, hintZh };
}

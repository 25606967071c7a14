import { texts } from './texts.js';

/** Operations, doubts, queues and audits. */
export const operations = texts({
  method: { zh: '方法', en: 'Method' },
  attempts: { zh: '发送次数', en: 'Attempts' },
  age: { zh: '时长', en: 'Age' },
  error: { zh: '错误', en: 'Error' },
  noOperations: {
    zh: '还没有操作。通过批量发布或小程序页面执行的操作会显示在这里。',
    en: 'There are no operations yet. Those of rollouts and of the pages of mini-programs appear here.',
  },
  noSuchOperations: {
    zh: '没有符合条件的操作。请放宽筛选条件；已结束的查询保留 1 天，变更保留 90 天。',
    en: 'No operation matches. Widen the filters; ended queries are kept for a day, changes for 90 days.',
  },
  noRowsHere: {
    zh: '这一页没有符合条件的，请看下一页。',
    en: 'Nothing matches on this page; see the next one.',
  },
  operationId: { zh: '操作编号', en: 'Operation' },
  requestId: { zh: '请求编号（request_id）', en: 'request_id' },
  started: { zh: '首次执行', en: 'First attempt' },
  operationEnded: { zh: '结束', en: 'Ended' },
  nextAttempt: { zh: '下次执行', en: 'Next attempt' },
  onBehalfOf: { zh: '操作人', en: 'Person' },
  operationRequest: { zh: '请求', en: 'Request' },
  acceptedBy: { zh: '调用方', en: 'Caller' },
  errcode: { zh: '微信错误码', en: 'WeChat errcode' },
  errmsg: { zh: '错误信息', en: 'Message' },
  rid: { zh: '微信请求编号（rid）', en: 'WeChat rid' },
  hint: { zh: '怎么办', en: 'What to do' },
  isRetryable: { zh: '可重发', en: 'Retryable' },
  yes: { zh: '是', en: 'yes' },
  no: { zh: '否', en: 'no' },
  answer: { zh: '微信返回的数据', en: 'Data that WeChat returned' },
  trialQrCode: { zh: '体验二维码', en: 'Trial QR code' },
  auditScreenshot: { zh: '审核截图', en: 'Screenshot of the audit' },
  cancelOperation: { zh: '取消操作', en: 'Cancel operation' },
  cancelOperationEffect: {
    zh: '取消小程序 {appid} 的 {method}：这个请求不会发给微信，其他小程序不受影响。已发送的操作不能取消。',
    en: 'Cancels {method} of mini-program {appid}: it will not be sent to WeChat. No other mini-program is affected. An operation that was sent cannot be cancelled.',
  },
  reasonOptional: { zh: '原因（选填，记入审计日志）', en: 'Reason (optional, recorded in the audit trail)' },

  laneLength: { zh: '长度', en: 'Length' },
  laneWait: { zh: '最久等待', en: 'Longest wait' },
  laneHead: { zh: '队首操作', en: 'First operation' },
  blockedBy: { zh: '阻塞于', en: 'Blocked by' },

  noAudits: {
    zh: '没有符合条件的审核。请放宽筛选条件；这里只有通过本服务提交的审核。',
    en: 'No audit matches. Widen the filters; only audits that this service submitted are listed.',
  },
  noOpenAudits: {
    zh: '没有审核中的版本。通过批量发布或小程序页面提交审核后，会显示在这里。',
    en: 'No version is under audit. Audits appear here when a rollout or a page of a mini-program submits one.',
  },
  submittedAt: { zh: '提交时间', en: 'Submitted' },
  waited: { zh: '已等待', en: 'Waiting' },
  rollout: { zh: '批量发布', en: 'Rollout' },
  onlyDelayed: { zh: '仅延迟的', en: 'Delayed only' },
  olderThanWeek: { zh: '7 天前提交的', en: 'Older than 7 days' },
  speedUp: { zh: '加急', en: 'Speed up' },
  speedUpEffect: {
    zh: '加急小程序 {appid} 的审核 {audit}（版本 {version}）。影响 1 个小程序，并用掉平台本月的 1 次加急。',
    en: 'Speeds up audit {audit} of mini-program {appid} (version {version}). It affects 1 mini-program and uses 1 speed-up of the platform’s monthly quota.',
  },
  speedUpsLeft: { zh: '本月剩余加急：{n} 次', en: 'Speed-ups left this month: {n}' },
});

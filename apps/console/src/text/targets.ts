import { texts } from './texts.js';

/** The mini-programs of a rollout. */
export const targets = texts({
  'targetPage.step': { zh: '步骤', en: 'Step' },
  'targetPage.wave': { zh: '批次', en: 'Wave' },
  'targetPage.reasonName': { zh: '原因代码', en: 'Reason' },
  'targetPage.title': { zh: '原因文字', en: 'Text of the cause' },
  'targetPage.position': { zh: '序号', en: 'No.' },
  'targetPage.latestOperation': { zh: '最近操作', en: 'Latest operation' },
  'targetPage.changedAt': { zh: '更新', en: 'Changed' },
  'targetPage.none': {
    zh: '还没有目标。请在草稿中添加小程序。',
    en: 'There are no targets yet. Add mini-programs in the draft.',
  },
  'targetPage.noneOfFilter': {
    zh: '没有符合条件的目标。请放宽筛选条件。',
    en: 'No target matches the filter. Remove a condition.',
  },
  'targetPage.retryFiltered': { zh: '重试筛选结果…', en: 'Retry these…' },
  'targetPage.retryFailed': { zh: '重试全部失败…', en: 'Retry all that failed…' },
  'targetPage.skipFiltered': { zh: '跳过筛选结果…', en: 'Skip these…' },
  'targetPage.removeFiltered': { zh: '移除筛选结果…', en: 'Remove these…' },
  'targetPage.retry': { zh: '重试', en: 'Retry' },
  'targetPage.retryEffect': {
    zh: '将重试 {n} 个失败或已跳过的小程序。已发布成功的不受影响。',
    en: 'Runs {n} failed or skipped mini-programs again. Those that succeeded are left as they are.',
  },
  'targetPage.retryAtMost': {
    zh: '将重试符合以下条件的失败或已跳过的小程序，至多 {n} 个。',
    en: 'Runs the failed or skipped mini-programs that match again, at most {n}.',
  },
  'targetPage.skip': { zh: '跳过', en: 'Skip' },
  'targetPage.skipEffect': {
    zh: '将把 {n} 个小程序移出本次发布。正在执行的操作不受影响，之后可以重试。',
    en: 'Takes {n} mini-programs out of the rollout. Operations in progress still end; a retry brings them back.',
  },
  'targetPage.skipAtMost': {
    zh: '将把符合以下条件的小程序移出本次发布，至多 {n} 个。之后可以重试。',
    en: 'Takes the mini-programs that match out of the rollout, at most {n}; a retry brings them back.',
  },
  'targetPage.remove': { zh: '移除', en: 'Remove' },
  'targetPage.removeEffect': {
    zh: '将从草稿中移除 {n} 个小程序及其单独设置。',
    en: 'Removes {n} mini-programs and their overrides from the draft.',
  },
  'targetPage.removeAtMost': {
    zh: '将从草稿中移除符合以下条件的小程序及其单独设置，至多 {n} 个。',
    en: 'Removes the mini-programs that match and their overrides from the draft, at most {n}.',
  },
  'targetPage.timeline': { zh: '经过', en: 'Timeline' },
  'targetPage.requests': { zh: '请求', en: 'Requests' },
  'targetPage.showQrCode': { zh: '向微信查询并显示', en: 'Ask WeChat and show it' },
  'targetPage.baseline': { zh: '发布前的线上版本', en: 'Live version before' },
  'targetPage.auditId': { zh: '审核单', en: 'Audit' },
  'targetPage.delayed': { zh: '审核延迟', en: 'delayed' },
  'targetPage.attempt': { zh: '第几次', en: 'Attempt' },
});

import { texts } from './texts.js';

/** Operations in doubt: what to look at, and the three conclusions. `look.<method>` is for the changes. */
export const doubtTexts = texts({
  noDoubts: {
    zh: '没有存疑的操作。微信的应答丢失而且核对无果的操作会显示在这里。',
    en: 'Nothing is in doubt. Operations whose answer was lost appear here until WeChat’s state shows whether they were executed.',
  },
  longestDoubt: { zh: '最久 {age}', en: 'oldest {age}' },
  sentAt: { zh: '发出', en: 'first sent' },
  sentTimes: { zh: '发送 {n} 次', en: 'attempts: {n}' },
  blocksOthers: { zh: '阻塞后续 {n} 个操作', en: 'blocked behind it: {n}' },
  stillReconciled: { zh: '系统仍在自动核对', en: 'still reconciled by the service' },
  awaitsResolution: { zh: '核对无果，待人工处理', en: 'awaits your resolution' },
  howToLook: { zh: '怎么看', en: 'What to look at' },
  lookVersion: { zh: '查询版本', en: 'Query versions' },
  conclusion: { zh: '结论', en: 'Conclusion' },
  done: { zh: '微信已执行', en: 'WeChat executed it' },
  notDone: { zh: '未执行', en: 'not executed' },
  retryIt: { zh: '未执行，重新发送', en: 'not executed, send it again' },
  evidence: { zh: '依据', en: 'Evidence' },
  auditIdOfDone: { zh: '审核编号（仅“微信已执行”）', en: 'Audit id (only if executed)' },
  resolve: { zh: '处理', en: 'Resolve' },
  resolveVerb: { zh: '确认处理', en: 'Resolve' },
  chooseConclusion: { zh: '请选择结论。', en: 'Choose a conclusion.' },
  resolveDoneEffect: {
    zh: '将 {appid} 的 {method} 记为成功，不再发给微信。影响 1 个小程序，它后面排队的操作继续执行。',
    en: 'Marks {method} of {appid} as succeeded; nothing is sent to WeChat. It affects 1 mini-program, whose later operations continue.',
  },
  resolveNotDoneEffect: {
    zh: '将 {appid} 的 {method} 记为失败（RESOLVED_NOT_DONE），不再发给微信。影响 1 个小程序，它后面排队的操作继续执行。',
    en: 'Marks {method} of {appid} as failed (RESOLVED_NOT_DONE); nothing is sent to WeChat. It affects 1 mini-program, whose later operations continue.',
  },
  resolveRetryEffect: {
    zh: '将 {appid} 的 {method} 在原位置重新发给微信。影响 1 个小程序。如果微信其实已执行，会再执行一次。',
    en: 'Sends {method} of {appid} to WeChat again, in its original position. It affects 1 mini-program. If WeChat did execute it, it is executed a second time.',
  },
  answerLive: { zh: '线上 {version}', en: 'live {version}' },
  answerTrial: { zh: '体验版 {version}', en: 'trial {version}' },
  answerAudit: { zh: '最近审核 {id} · 版本 {version}', en: 'latest audit {id} · version {version}' },
  answerVisible: { zh: '用户可访问', en: 'users can open it' },
  answerHidden: { zh: '用户不可访问', en: 'users cannot open it' },
  answerSupport: { zh: '最低基础库 {version}', en: 'minimum base library {version}' },
  answerSpeedUps: { zh: '剩余加急 {n} / {limit}', en: 'speed-ups left {n} of {limit}' },
  answerTemplates: { zh: '最新模板：{list}', en: 'newest templates: {list}' },
  answerTemplate: {
    zh: '{id}（版本 {version}，草稿 {draft}）',
    en: '{id} (version {version}, draft {draft})',
  },
  nothing: { zh: '无', en: 'none' },
  countOfDoubts: { zh: '{n} 个', en: '{n} in doubt' },
  'look.Commit': {
    zh: '打开小程序后台 › 版本管理：体验版（或开发版本）的版本号和描述是否为这次提交的？',
    en: 'Open the mini-program’s back end › 版本管理: do the trial (or development) version and its description match this commit?',
  },
  'look.SubmitAudit': {
    zh: '打开小程序后台 › 版本管理 › 审核版本：是否有这次提交的新审核？结论为“微信已执行”时须填审核编号，查询结果里有。',
    en: 'Open the back end › 版本管理 › 审核版本: is there a new audit of this submission? If it was executed, its audit id is required; the query shows it.',
  },
  'look.Release': {
    zh: '打开小程序后台 › 版本管理：线上版本是否已是最近通过审核的版本？',
    en: 'Open the back end › 版本管理: is the live version the one that was approved last?',
  },
  'look.UndoAudit': {
    zh: '打开小程序后台 › 版本管理 › 审核版本：审核是否已撤回？',
    en: 'Open the back end › 版本管理 › 审核版本: was the audit withdrawn?',
  },
  'look.RevertRelease': {
    zh: '打开小程序后台 › 版本管理：线上版本是否已退回？重新发送会再退回一个版本，请务必核实。',
    en: 'Open the back end › 版本管理: was the live version rolled back? Sent again, it would go back one more version; be sure.',
  },
  'look.GrayRelease': {
    zh: '打开小程序后台 › 版本管理 › 线上版本：分阶段发布的比例是否已是要求的值？',
    en: 'Open the back end › 版本管理 › 线上版本: is 分阶段发布 (gray release) at the requested percentage?',
  },
  'look.RevertGrayRelease': {
    zh: '打开小程序后台 › 版本管理 › 线上版本：分阶段发布是否已取消？',
    en: 'Open the back end › 版本管理 › 线上版本: is 分阶段发布 (gray release) cancelled?',
  },
  'look.ChangeVisitStatus': {
    zh: '打开小程序后台 › 设置 › 基本设置：服务状态是否已是要求的值？',
    en: 'Open the back end › 设置 › 基本设置: is 服务状态 (service status) as requested?',
  },
  'look.SetSupportVersion': {
    zh: '打开小程序后台 › 设置 › 基本设置：基础库最低版本是否已是要求的值？',
    en: 'Open the back end › 设置 › 基本设置: is 基础库最低版本 (minimum base library) as requested?',
  },
  'look.SpeedUpAudit': {
    zh: '后台不显示加急。看剩余加急次数是否少了一次。审核仍在进行时可以重新发送：微信以 89404 拒绝重复的加急。',
    en: 'The back end does not show it. See whether one speed-up is missing from the quota. While the audit is open it can be sent again: WeChat refuses a duplicate with 89404.',
  },
  'look.SetServerDomains': {
    zh: '用 wxa domains show 查看：平台设置的服务器域名是否已是要求的值？重新发送没有害处。',
    en: 'See wxa domains show: are the server domains that the platform set as requested? Sent again, it does no harm.',
  },
  'look.SetWebviewDomains': {
    zh: '用 wxa domains show 查看：平台设置的业务域名是否已是要求的值？重新发送没有害处。',
    en: 'See wxa domains show: are the web-view domains that the platform set as requested? Sent again, it does no harm.',
  },
  'look.SetPrivacyGuide': {
    zh: '用 wxa privacy show 查看：隐私保护指引是否已是要求的内容？重新发送没有害处。',
    en: 'See wxa privacy show: is the privacy guide as requested? Sent again, it does no harm.',
  },
  'look.ApplyPrivacyInterface': {
    zh: '用 wxa interfaces list 查看：该接口是否有新的申请编号，或正在审核？',
    en: 'See wxa interfaces list: does the interface have a new application id, or is it in review?',
  },
  'look.AddTester': {
    zh: '打开小程序后台 › 成员管理：这个人是否已是体验成员？重新发送没有害处。',
    en: 'Open the back end › 成员管理: is the person a tester? Sent again, it does no harm.',
  },
  'look.RemoveTester': {
    zh: '打开小程序后台 › 成员管理：这个人是否已不是体验成员？重新发送没有害处。',
    en: 'Open the back end › 成员管理: is the person no tester any more? Sent again, it does no harm.',
  },
  'look.SetPlatformDomains': {
    zh: '用 wxa platform-domains show 查看：平台的域名是否已是要求的值？重新发送没有害处。',
    en: 'See wxa platform-domains show: are the domains of the platform as requested? Sent again, it does no harm.',
  },
  'look.AddTemplate': {
    zh: '打开微信开放平台 › 第三方平台 › 小程序模板库：是否出现了由这个草稿生成的新模板？',
    en: 'Open open.weixin.qq.com › 第三方平台 › 小程序模板库: is there a new template of this draft?',
  },
  'look.DeleteTemplate': {
    zh: '打开微信开放平台 › 第三方平台 › 小程序模板库：这个模板是否已不在？',
    en: 'Open open.weixin.qq.com › 第三方平台 › 小程序模板库: is the template gone?',
  },
});

import { expect, it } from '@jest/globals';
import { type Language, translator } from '../../text/text.js';
import { translated } from './sentence.js';

const look = (language: Language) => ({
  ...{ language, t: translator(language), timeZone: 'Asia/Shanghai', session: undefined },
});

it.each([
  [
    '3 of 5 executions of AUDIT failed (rule AUDIT_REJECTED: 20 percent of at least 5)',
    '审核：5 个已结束，其中 3 个失败，达到规则“审核未通过 20 %”',
  ],
  ['failed executions: 1200 (rule ANY: count 1000)', '失败 1,200 个，达到规则“任何失败 1,000 个”'],
  ['audits submitted or in flight 8000, max_submissions 8000', '已提审 8,000 / 预算 8,000'],
  ['audits open or in flight 50, max_open_audits 50', '审核中 50 / 上限 50'],
  ['audits left -2, reserve 200', '平台剩余 -2，须预留 200'],
  ['the audit quota is not read yet, reserve 200', '尚未查询到平台剩余额度，须预留 200'],
  ['WeChat refused a submission with 85085', '微信返回 85085：提审额度已用完'],
  [
    'submissions in flight 10, at most 10 in the hour after an 85085',
    '额度恢复后一小时内提审：进行 10 / 上限 10',
  ],
  [
    'caller shop has 50 unfinished operations, rollouts may use 50 of 100',
    '调用方 shop 有 50 个未完成的操作，批量发布最多可用 50 个（上限 100 的一半）',
  ],
  ['caller shop has 5000 audits this month, of at most 4000', '调用方 shop 本月已提审 5,000 / 上限 4,000'],
  ['wxa/commit is stopped for the whole platform', 'wxa/commit 已在全平台停用'],
  [
    'WeChat refused with 85013: version error rid: 1; Correct the template. [请修正模板。]',
    '85013 version error rid: 1：请修正模板。',
  ],
  ['TOKEN_UNAVAILABLE: no ticket; Wait. [请等待。]', 'TOKEN_UNAVAILABLE no ticket：请等待。'],
])('“%s” is Chinese on a Chinese page', (sentence, chinese) => {
  expect(translated(look('zh'), sentence)).toBe(chinese);
  expect(translated(look('en'), sentence)).not.toMatch(/\p{Script=Han}/u);
});

it('What an operator wrote is none of them', () => {
  expect(translated(look('zh'), 'because: A; B')).toBeUndefined();
});

import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseReasons } from './audit-reasons.js';

const official =
  '1:账号信息不符合规范:<br>(1):包含色情因素<br>2:服务类目"金融业-保险_"与你提交代码审核时设置的功能页面内容不一致:<br>' +
  '(1):功能页面设置的部分标签不属于所选的服务类目范围。<br>(2):功能页面设置的部分标签与该页面内容不相关。<br>';

it("parseReasons splits WeChat's own example into titles and details", () => {
  expect(parseReasons(official)).toEqual([
    { title: '账号信息不符合规范', details: ['包含色情因素'] },
    {
      title: '服务类目"金融业-保险_"与你提交代码审核时设置的功能页面内容不一致',
      details: [
        '功能页面设置的部分标签不属于所选的服务类目范围。',
        '功能页面设置的部分标签与该页面内容不相关。',
      ],
    },
  ]);
});

it.each([
  ['full-width punctuation', '1：甲：<br>（1）：乙', [{ title: '甲', details: ['乙'] }]],
  ['any form of <br>', '1:甲:<BR>(1):乙<br/>(2):丙<Br />', [{ title: '甲', details: ['乙', '丙'] }]],
  ['text without numbering', '帐号信息不合规范', [{ title: '帐号信息不合规范', details: [] }]],
  ['lines without numbering', '甲<br>乙', [{ title: '甲\n乙', details: [] }]],
  ['a detail without a title', '(1):乙', [{ title: '', details: ['乙'] }]],
  ['a continued line', '1:甲<br>(1):乙<br>12:30 起', [{ title: '甲', details: ['乙\n12:30 起'] }]],
  ['a title that begins with a digit', '1:3个页面有误:', [{ title: '3个页面有误', details: [] }]],
  ['digits in a detail', '1:甲<br>(1):2:第3页(4):5', [{ title: '甲', details: ['2:第3页(4):5'] }]],
  ['a version number', '1.10 版有误', [{ title: '1.10 版有误', details: [] }]],
  ['nothing', '', []],
  ['nothing but breaks', '<br> <br/>', []],
])('parseReasons reads %s', (_name, raw, expected) => {
  expect(parseReasons(raw)).toEqual(expected);
});

const words = fc.stringMatching(/^[a-z账号信息(][a-z0-9账号信息:：(). ]{0,20}[a-z账号]$/);

it('parseReasons returns the titles and details of any numbered text', () => {
  const reason = fc.record({ title: words, details: fc.array(words, { maxLength: 4 }) });
  fc.assert(
    fc.property(fc.array(reason), (reasons) => {
      const raw = reasons.map(
        ({ title, details }, at) =>
          `${at + 1}:${title}:<br>${details.map((detail, n) => `(${n + 1}):${detail}<br>`).join('')}`,
      );
      expect(parseReasons(raw.join(''))).toEqual(reasons);
    }),
  );
});

it('parseReasons takes linear time on a long run of blanks', () => {
  const raw = `a${' '.repeat(1_000_000)}a`;
  expect(parseReasons(raw)).toEqual([{ title: raw, details: [] }]);
});

it('parseReasons drops and adds nothing but marks, blanks and colons for any text', () => {
  const part = fc.oneof(fc.constantFrom('<br>', '<BR/>', '1:', '（2）：', '(3):', ':', ' '), fc.string());
  const essence = (text: string) => text.replace(/<br\s*\/?>|[\s\d:：()（）、.．]/gi, '');
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const raw = parts.join('');
      const read = parseReasons(raw).flatMap(({ title, details }) => [title, ...details]);
      expect(essence(read.join('<br>'))).toBe(essence(raw));
    }),
  );
});

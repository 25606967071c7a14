import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { EXPLANATIONS } from '@wxa/contracts/rollout-explanations';
import { en } from './en/index.js';
import { formatShort, roundedDuration } from './format-time.js';
import { hintOf } from './hint.js';
import { nameIn, optionalText, type TextKey, translator } from './translate.js';
import { zh, zhTables } from './zh/index.js';

const keys = Object.keys(zh) as TextKey[];
/** What has no Chinese name: formats, parameters of WeChat, values and codes of this service. */
const NAMES =
  /^(AppID|ID|CSV|JSON|SDK|RFC|QQ|URL|Kafka|English|ext|ext\.json|ext_json|media_id|ugc_declaration|request|socket|uploadFile|downloadFile|udp|tcp|https|wx|wx\.getLocation|UserInfo|ext\/shopId|success|null|wxa\.platform\.events\.v1|[A-Z]+(_[A-Z]+)+)$/;

it('No key is in two tables, and every text names the same values in both languages', () => {
  expect(zhTables.flatMap((table) => Object.keys(table)).toSorted()).toEqual(keys.toSorted());
  const valuesOf = (text: string) =>
    [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))].toSorted();
  expect(keys.filter((key) => `${valuesOf(zh[key])}` !== `${valuesOf(en[key])}`)).toEqual([]);
  expect(keys.filter((key) => zh[key].trim() === '' || en[key].trim() === '')).toEqual([]);
});

/** Names of values, which are looked up by what the service returns. */
const OF_VALUES = /^\w+\.[A-Z]|\.\d$|^(api|forwardFailure)\.|^trail\.\w+\./;

it('Every text is used, by its key or by a template that ends with a word of the code', () => {
  const root = join(import.meta.dirname, '../../src');
  const files = globSync('**/*.{ts,tsx}', { cwd: root }).filter(
    (file) => !/^text.(en|zh)|\.spec\./.test(file),
  );
  const code = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  const templates = [...code.matchAll(/`((?:\w+\.)+)\$\{/g)].map(([, start = '']) => start);
  const isUsed = (key: string) => {
    if (OF_VALUES.test(key) || code.includes(`'${key}'`) || code.includes(`"${key}"`)) return true;
    const ends = templates.filter((start) => key.startsWith(start)).map((start) => key.slice(start.length));
    return ends.some((end) => {
      const word = end.replace(/(Effect|AtMost|Ticked|Filtered|Hint)$/, '');
      return new RegExp(`'${word}'|\\b${word}[:,]`).test(code);
    });
  };
  expect(keys.filter((key) => !isUsed(key))).toEqual([]);
});

it('A Chinese text has no words of another language but names, and full-width punctuation', () => {
  const said = keys.map((key) => zh[key].replaceAll(/\{.*?\}/g, '{}'));
  const words = said.flatMap((text) => text.match(/[A-Za-z][\w./-]*/g) ?? []);
  expect(words.filter((word) => !NAMES.test(word))).toEqual([]);
  expect(said.filter((text) => /\p{Script=Han}[,.:;()!?]|[,:;()!?]\p{Script=Han}/u.test(text))).toEqual([]);
});

it('A text has its values, numbers with separators, and the plural that fits', () => {
  const texts = { ...en, 'error.tooMany': 'In {n} {n:second|seconds}.' };
  const t = translator(texts, 'en');
  expect([1, 1_200].map((n) => t('error.tooMany', { n }))).toEqual(['In 1 second.', 'In 1,200 seconds.']);
});

/** Gates are drawn, with what they lack. */
const DRAWN = /^GATE_/;

it('Every explanation of the service has a text, which needs no argument that the service does not send', () => {
  const namesIn = (text: string) => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name);
  const lacking = Object.entries(EXPLANATIONS).flatMap(([reason, sentence]) => {
    if (DRAWN.test(reason)) return [];
    const text = zh[`why.${reason}` as TextKey];
    const sent = namesIn(sentence);
    return text !== undefined && namesIn(text).every((name) => sent.includes(name)) ? [] : [reason];
  });
  expect(lacking).toEqual([]);
});

it('A text that is looked up by a reason is left out if it is not known, or if one of its values is not', () => {
  const text = (key: string, values: object) =>
    optionalText(en, translator(en, 'en'), key, values as Record<string, string>);
  expect(text('why.NOT_LIVE', { version: '2.0', more: '1' })).toBe('live version: 2.0');
  expect([text('why.NOT_LIVE', {}), text('why.OF_LATER', { version: '2.0' })]).toEqual([
    undefined,
    undefined,
  ]);
});

it('A state that is newer than the application is shown by its value', () => {
  expect(nameIn(zh, 'rollout', 'ROLLOUT_STATE_PAUSED')).toBe('已暂停');
  expect(nameIn(zh, 'rollout', 'ROLLOUT_STATE_OF_LATER')).toBe('ROLLOUT_STATE_OF_LATER');
});

it('A hint is that of the language, and the only one if there is none in it', () => {
  const error = { reason: 'OTHER', hint: 'Wait. [请等待。]' };
  expect([hintOf(error, 'zh'), hintOf(error, 'en')]).toEqual(['请等待。', 'Wait.']);
  expect(hintOf({ reason: 'OTHER', hint: 'Wait.' }, 'zh')).toBe('Wait.');
});

it('An instant is as short as it is clear, and a duration has its largest useful unit', () => {
  const now = new Date(2026, 10, 30, 12);
  const words = { today: 'today', yesterday: 'yesterday' };
  const shown = (...at: [number, number, number]) => formatShort(new Date(...at, 9, 54), words, now);
  expect([shown(2026, 10, 30), shown(2026, 10, 29), shown(2026, 9, 1), shown(2025, 11, 31)]).toEqual([
    'today 09:54',
    'yesterday 09:54',
    '10-01 09:54',
    '2025-12-31 09:54',
  ]);
  expect([119, 120, 7_200, 172_800].map((seconds) => roundedDuration(seconds).unit)).toEqual([
    'seconds',
    'minutes',
    'hours',
    'days',
  ]);
});

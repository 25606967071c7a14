import { hintIn } from '../../gateway/failure.js';
import { TEXTS, type TextKey } from '../../text/text.js';
import type { Look } from '../../visit/visit.js';

/** The sentences of the service about pauses and holds, which are English. */
const SENTENCES: readonly (readonly [sentence: RegExp, text: TextKey])[] = [
  [
    /^(?<bad>\d+) of (?<ended>\d+) executions of (?<step>\w+) failed \(rule (?<rule>\w+): (?<percent>\d+) percent/,
    'why.share',
  ],
  [/^failed executions: (?<bad>\d+) \(rule (?<rule>\w+): count (?<count>\d+)\)$/, 'why.count'],
  [/^audits submitted or in flight (?<n>\d+), max_submissions (?<limit>\d+)$/, 'why.submissions'],
  [/^audits open or in flight (?<n>\d+), max_open_audits (?<limit>\d+)$/, 'why.openAudits'],
  [/^audits left (?<n>-?\d+), reserve (?<limit>\d+)$/, 'why.reserve'],
  [/^the audit quota is not read yet, reserve (?<limit>\d+)$/, 'why.unread'],
  [/^WeChat refused a submission with 85085$/, 'why.exhausted'],
  [/^submissions in flight (?<n>\d+), at most (?<limit>\d+) in the hour after an 85085$/, 'why.lift'],
  [
    /^caller (?<caller>\S+) has (?<n>\d+) unfinished operations, rollouts may use (?<limit>\d+) of (?<all>\d+)$/,
    'why.caller',
  ],
  [/^caller (?<caller>\S+) has (?<n>\d+) audits this month, of at most (?<limit>\d+)$/, 'why.callerAudits'],
  [/^(?<what>WeChat refused with \d+|[A-Z_]+): (?<errmsg>.*?); (?<hint>.*)$/s, 'why.error'],
  [/^(?<api>\S+) is stopped for the whole platform$/, 'why.stopped'],
];

/** A sentence of the service in the visitor's language; undefined if it is none of those. */
export function translated({ t, language }: Look, sentence: string): string | undefined {
  for (const [pattern, key] of SENTENCES) {
    const found = pattern.exec(sentence);
    if (found === null) continue;
    return t(key, Object.fromEntries(Object.entries(found.groups ?? {}).map(filledIn)));
  }
  return undefined;

  function filledIn([name, value]: [string, string]): [string, string | number] {
    const key = `${name === 'rule' ? 'stopRule' : name}.${value}`;
    if (key in TEXTS) return [name, t(key as TextKey)];
    if (name === 'hint') return [name, hintIn(value, language)];
    if (name === 'what') return [name, value.replace(/\D+(?=\d)/, '')];
    return [name, /^-?\d+$/.test(value) ? Number(value) : value];
  }
}

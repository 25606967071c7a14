/** The sentences of the service about pauses, holds and skips, which are English, by the end of the key of their text. */
const SENTENCES = [
  [
    'share',
    /^(?<bad>\d+) of (?<ended>\d+) executions of (?<step>\w+) failed \(rule (?<rule>\w+): (?<percent>\d+) percent/,
  ],
  ['count', /^failed executions: (?<bad>\d+) \(rule (?<rule>\w+): count (?<count>\d+)\)$/],
  ['submissions', /^audits submitted or in flight (?<n>\d+), max_submissions (?<limit>\d+)$/],
  ['today', /^audits submitted today or in flight (?<n>\d+), max_submissions_per_day (?<limit>\d+)$/],
  ['openAudits', /^audits open or in flight (?<n>\d+), max_open_audits (?<limit>\d+)$/],
  ['reserve', /^audits left (?<n>-?\d+)(?: \(.*\))?, reserve (?<limit>\d+)$/s],
  ['unread', /^the audit quota is not read yet(?: \(.*\))?, reserve (?<limit>\d+)$/s],
  ['exhausted', /^WeChat refused a submission with 85085$/],
  ['lift', /^submissions in flight (?<n>\d+), at most (?<limit>\d+) in the hour after an 85085$/],
  [
    'caller',
    /^caller (?<caller>\S+) has (?<n>\d+) unfinished operations, rollouts may use (?<limit>\d+) of (?<all>\d+)$/,
  ],
  ['callerAudits', /^caller (?<caller>\S+) has (?<n>\d+) audits this month, of at most (?<limit>\d+)$/],
  ['error', /^(?:WeChat refused with )?(?<what>\d+|[A-Z_]+): (?<errmsg>.*?); (?<hint>.*)$/s],
  ['stopped', /^(?<api>\S+) is stopped for the whole platform$/],
  ['nothingReleased', /^the first rollout released nothing$/],
  ['otherVersion', /^the live version is "(?<version>.*)", not "(?<expected>.*)"$/s],
  ['takenOut', /^taken out by SkipRolloutTargets$/],
  ['takenOver', /^another rollout has taken it over$/],
] as const;

export type SentenceKey = (typeof SENTENCES)[number][0];

/** What a sentence of the service says; undefined if it is none of those. `step` and `rule` are names of values of enums. */
export function read(sentence: string): { key: SentenceKey; values: Record<string, string> } | undefined {
  for (const [key, pattern] of SENTENCES) {
    const found = pattern.exec(sentence);
    if (found !== null) return { key, values: { ...found.groups } };
  }
  return undefined;
}

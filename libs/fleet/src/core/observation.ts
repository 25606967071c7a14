import type { RefusedDomain } from '@wxa/contracts';
import { domainsOf, type Part, type PartAnswers, type PartRead } from '@wxa/methods';

export type { Part, PartRead };

/** What is observed of a mini-program: what is read, and what WeChat refused of what was set. */
interface Answers extends PartAnswers {
  REFUSED: { refused: readonly RefusedDomain[] };
}

type Subject = keyof Answers;

/** What is stored of each answer: what the rules need, and no personal data. */
const VALUE_OF = {
  ACCOUNT: ({ accountStatus: status, nickName, headImage, signature }) => {
    const fields = { name: nickName, picture: headImage, introduction: signature };
    const missing = Object.entries(fields).flatMap(([name, text]) => (text === '' ? [name] : []));
    return { status, missing };
  },
  CATEGORY: ({ categories }) => ({ count: categories.length }),
  FILING: ({ state, number, missing, refused }) => ({
    state: state.replace('FILING_STATE_', ''),
    number,
    missing: missing.map((one) => one.replace('FILING_REQUIREMENT_', '')),
    refused: refused.map(({ field, error }) => (error === '' ? field : `${field}（${error}）`)),
  }),
  INTERFACES: ({ interfaces }) => {
    const states: Record<string, { state: string; reason: string }> = Object.fromEntries(
      interfaces.map(({ apiName, state, refusalReason: reason }) => [
        apiName,
        { state: state.replace('PRIVACY_INTERFACE_STATE_', ''), reason },
      ]),
    );
    return { states };
  },
  VERSIONS: () => ({}),
  /** Each as `<kind> <domain>`. */
  DOMAINS: ({ server, webview }) => ({
    set: domainsOf(server?.setByService, webview?.setByService),
    effective: domainsOf(server?.effective, webview?.effective),
  }),
  /** By the last SetServerDomains. */
  REFUSED: ({ refused }) => ({ domains: refused.map(({ domain }) => domain.toLowerCase()) }),
  /** Keys that WeChat detected, and those that have a text. */
  GUIDE: ({ codeExists: hasCode, detectedKeys: detected, guide }) => {
    return { hasCode, detected, explained: explainedBy(guide?.purposes) };
  },
} satisfies { [S in Subject]: (answer: Answers[S]) => object };

type Value<S extends Subject> = ReturnType<(typeof VALUE_OF)[S]>;

/** A part that was read, or the answer to a set. */
export type Seen = PartRead | { part: 'REFUSED'; answer: Answers['REFUSED'] };
export type SeenAnswer = Extract<Seen, { answer: unknown }>;

/** The last one of each; `at` in ISO 8601. A read that failed replaces what the one before has shown. */
export type Observed = {
  [S in Subject]?: { at: string } & ({ value: Value<S> } | { error: string });
};

/** The value of a part, if its last read succeeded. */
export function lastValue<S extends Subject>(observed: Observed, part: S): Value<S> | undefined {
  const seen = observed[part];
  return seen !== undefined && 'value' in seen ? (seen.value as Value<S>) : undefined;
}

/** Adds reads to what was observed before. */
export function observe(before: Observed, reads: readonly Seen[], at: Date): Observed {
  const seen = reads.map((read) => [
    read.part,
    { at: at.toISOString(), ...('error' in read ? { error: read.error } : { value: valueIn(read) }) },
  ]);
  return { ...before, ...Object.fromEntries(seen) };
}

/** What is stored of an answer. */
export function valueIn({ part, answer }: SeenAnswer): object {
  return (VALUE_OF[part] as (answer: Answers[Subject]) => object)(answer);
}

/** The keys of kinds of data that have a text. */
export function explainedBy(purposes: readonly { key: string; text: string }[] = []): string[] {
  return purposes.filter(({ text }) => text !== '').map(({ key }) => key);
}

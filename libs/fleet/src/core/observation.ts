import type { RefusedDomain, ServerDomains } from '@wxa/contracts';
import type { Part, PartRead } from '@wxa/methods';

/** What is stored of an answer: what the rules need, and no personal data. */
interface Values {
  ACCOUNT: { status: number; missing: string[] };
  CATEGORY: { count: number };
  FILING: { state: string; number: number; missing: string[]; refused: string[] };
  INTERFACES: { states: Record<string, { state: string; reason: string }> };
  VERSIONS: Record<string, never>;
  /** Each as `<kind> <domain>`. */
  DOMAINS: { set: string[]; effective: string[] };
  /** By the last SetServerDomains. */
  REFUSED: { domains: string[] };
  /** Keys that WeChat detected, and those that have a text. */
  GUIDE: { hasCode: boolean; detected: string[]; explained: string[] };
}

export type { Part, PartRead };

/** What is observed of a mini-program: what is read, and what WeChat refused of what was set. */
type Subject = keyof Values;

/** A part that was read, or the answer to a set. */
export type Seen = PartRead | { part: 'REFUSED'; answer: { refused: readonly RefusedDomain[] } };

/** The last one of each; `at` in ISO 8601. A read that failed replaces what the one before has shown. */
export type Observed = {
  [P in Subject]?: { at: string } & ({ value: Values[P] } | { error: string });
};

/** The value of a part, if its last read succeeded. */
export function lastValue<P extends Subject>(observed: Observed, part: P): Values[P] | undefined {
  const seen = observed[part];
  return seen !== undefined && 'value' in seen ? (seen.value as Values[P]) : undefined;
}

/** Adds reads to what was observed before. */
export function observe(before: Observed, reads: readonly Seen[], at: Date): Observed {
  const seen = reads.map((read) => [
    read.part,
    { at: at.toISOString(), ...('error' in read ? { error: read.error } : { value: valueIn(read) }) },
  ]);
  return { ...before, ...Object.fromEntries(seen) };
}

function valueIn(read: Extract<Seen, { answer: unknown }>): Values[Subject] {
  switch (read.part) {
    case 'ACCOUNT': {
      const { accountStatus: status, nickName, headImage, signature } = read.answer;
      const fields = { name: nickName, picture: headImage, introduction: signature };
      const missing = Object.entries(fields).flatMap(([name, text]) => (text === '' ? [name] : []));
      return { status, missing };
    }
    case 'CATEGORY':
      return { count: read.answer.categories.length };
    case 'FILING': {
      const { state, number, missing, refused } = read.answer;
      return {
        state: state.replace('FILING_STATE_', ''),
        number,
        missing: missing.map((one) => one.replace('FILING_REQUIREMENT_', '')),
        refused: refused.map(({ field, error }) => (error === '' ? field : `${field}（${error}）`)),
      };
    }
    case 'INTERFACES': {
      const states = read.answer.interfaces.map(({ apiName, state, refusalReason: reason }) => [
        apiName,
        { state: state.replace('PRIVACY_INTERFACE_STATE_', ''), reason },
      ]);
      return { states: Object.fromEntries(states) };
    }
    case 'VERSIONS':
      return {};
    case 'DOMAINS': {
      const { server, webview } = read.answer;
      return {
        set: domainsOf(server?.setByService, webview?.setByService),
        effective: domainsOf(server?.effective, webview?.effective),
      };
    }
    case 'REFUSED':
      return { domains: read.answer.refused.map(({ domain }) => domain.toLowerCase()) };
    case 'GUIDE': {
      const { codeExists: hasCode, detectedKeys: detected, guide } = read.answer;
      return { hasCode, detected, explained: explainedBy(guide?.purposes) };
    }
  }
}

/** The keys of kinds of data that have a text. */
export function explainedBy(purposes: readonly { key: string; text: string }[] = []): string[] {
  return purposes.filter(({ text }) => text !== '').map(({ key }) => key);
}

/** Domains of both families, each as `<kind> <domain>` in lower case, as WeChat writes them, and in alphabetical order. */
export function domainsOf(server: Partial<ServerDomains> = {}, webview: readonly string[] = []): string[] {
  const kinds = Object.entries({ ...server, webview });
  return kinds
    .flatMap(([kind, domains]) => domains.map((domain) => `${kind} ${domain.toLowerCase()}`))
    .sort();
}

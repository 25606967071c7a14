import { pastedAppids } from './pasted.js';

/**
 * The values of a form: a specification in proto3 JSON, so that an error of the gateway finds its input, and beside it what adds targets.
 */
// biome-ignore lint/suspicious/noExplicitAny: the values of Ant Design's forms have no other type
export type Values = Record<string, any>;

/** How targets are chosen. */
export const WAYS = ['labels', 'appids', 'all', 'none'] as const;
export type Way = (typeof WAYS)[number];

/** What a rollout that is opened begins with. */
export const NEWCOMERS = { allAuthorized: true, onlyUnreleased: true };

/** What a first rollout begins with: a small first wave, all checks, and a pause if an unusual number of mini-programs fails. */
export const DEFAULTS: Values = {
  checks: ['PAGES', 'CATEGORIES', 'PRIVACY', 'BASELINE'].map((check) => `ROLLOUT_CHECK_${check}`),
  audit: { rule: {}, onOpenAudit: 'ON_OPEN_AUDIT_WAIT' },
  release: { firstReleaseToAll: true },
  waves: [{ count: 10 }, { rest: true }],
  stopRules: [
    { cause: 'CAUSE_AUDIT_REJECTED', percent: 20, minEnded: 5 },
    { cause: 'CAUSE_ANY', percent: 20, minEnded: 20 },
  ],
};

/** The specification and the pasted texts of a form. A form for no targets does not show its overrides, which would add some. */
export function readValues(values: Values) {
  const { way, labels: _labels, except: _except, appids, overrides, ...spec } = values;
  return { spec, pasted: { appids, overrides: way === 'none' ? undefined : overrides } };
}

/** The request of a new rollout, without its idempotency key; one without targets of its own takes in those that authorize later. */
export function requestOf(values: Values) {
  const { way, labels = [], appids = '', except = '' } = values;
  const { spec } = readValues(values);
  const isOpen = way === 'none' && spec.continuous === undefined;
  const listed = pastedAppids(appids).appids;
  const exceptAppids = pastedAppids(except).appids;
  const selections: Record<Way, object | undefined> = {
    all: { allAuthorized: true, exceptAppids },
    labels: { labels: { labels }, exceptAppids },
    appids: listed.length > 0 ? { appids: { appids: listed } } : undefined,
    none: undefined,
  };
  const selection = selections[way as Way];
  return {
    spec: isOpen ? { ...spec, continuous: NEWCOMERS, waves: [{ rest: true }] } : spec,
    ...(selection && { selection }),
  };
}

/** The fields of two specifications that differ, as they are in the second one. */
export function differences(one: object = {}, other: object = {}): Record<string, unknown> {
  const [before, now] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  const fields = [...new Set([...before.keys(), ...now.keys()])];
  const isChanged = (field: string) => JSON.stringify(before.get(field)) !== JSON.stringify(now.get(field));
  return Object.fromEntries(fields.filter(isChanged).map((field) => [field, now.get(field)]));
}

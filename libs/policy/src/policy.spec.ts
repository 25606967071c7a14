import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { METHOD_ACCESS } from './method-access.js';
import { parsePolicy } from './parse-policy.js';

const COMPONENT = 'wxcccccccccccccccc';
const CREDENTIAL = { cn: 'someone' };

interface RuleText {
  roles?: string[] | undefined;
  methods?: string[] | undefined;
  appids: string[] | 'all';
}

const digits = fc.constantFrom('0', 'a', 'b');
/** Few different appids and prefixes, so that they often match. */
const appid = fc.tuple(digits, digits, digits).map((parts) => `wx${parts.join('')}${'0'.repeat(13)}`);
const prefix = fc.array(digits, { maxLength: 3 }).map((parts) => `wx${parts.join('')}*`);
const pattern = fc.oneof(appid, prefix);
const methods = fc.array(
  fc.oneof(
    fc.constantFrom(...Object.keys(METHOD_ACCESS)),
    fc.constantFrom('*', 'CodeManagement/*', 'CodeManagement/Get*', 'Operations/*', 'Templates/List*'),
  ),
  { minLength: 1, maxLength: 3 },
);
const sets = fc.record({
  one: fc.record({ patterns: fc.array(pattern, { maxLength: 3 }) }),
  two: fc.record({ patterns: fc.array(pattern, { maxLength: 3 }) }),
  platform: fc.constant({ component: true }),
});
const rule: fc.Arbitrary<RuleText> = fc
  .record({
    roles: fc.option(fc.array(fc.constantFrom('first', 'second'), { minLength: 1, maxLength: 2 }), {
      nil: undefined,
    }),
    methods: fc.option(methods, { nil: undefined }),
    appids: fc.oneof(
      { weight: 1, arbitrary: fc.constant('all' as const) },
      {
        weight: 4,
        arbitrary: fc.array(fc.oneof(fc.constantFrom('one', 'two', 'platform'), pattern), {
          minLength: 1,
          maxLength: 3,
        }),
      },
    ),
  })
  .filter((r) => r.roles !== undefined || r.methods !== undefined);
const file = fc.record({
  appids: sets,
  roles: fc.record({ first: methods, second: methods }),
  allow: fc.array(rule, { maxLength: 3 }),
  deny: fc.array(rule, { maxLength: 2 }),
});
type FileText = typeof file extends fc.Arbitrary<infer T> ? T : never;

/** The reference: what the words of the page say, without any index. */
function isAllowed(text: FileText, method: string, id: string): boolean {
  const fits = (one: string, value: string) =>
    one.endsWith('*') ? value.startsWith(one.slice(0, -1)) : value === one;
  const namesMethod = ({ roles = [], methods: named = [] }: RuleText) =>
    [...named, ...roles.flatMap((role) => text.roles[role as 'first'])].some((one) => fits(one, method));
  const hasAppid = ({ appids }: RuleText) =>
    appids === 'all' ||
    appids.some((name) => {
      if (name === 'platform') return id === COMPONENT;
      if (name === 'one' || name === 'two') return text.appids[name].patterns.some((one) => fits(one, id));
      return fits(name, id);
    });
  const matches = (r: RuleText) => namesMethod(r) && hasAppid(r);
  return !text.deny.some(matches) && text.allow.some(matches);
}

function policyOf({ appids, roles, allow, deny }: FileText) {
  const yaml = stringify({
    version: 1,
    appids,
    roles,
    callers: [{ name: 'caller', credentials: [CREDENTIAL], allow, deny }],
  });
  const { policy, errors } = parsePolicy(yaml, {
    file: 'p.yaml',
    componentAppid: COMPONENT,
    setFiles: new Map(),
  });
  expect(errors).toEqual([]);
  const caller = policy?.caller('caller');
  if (policy === undefined || caller === undefined) throw new Error('no policy');
  return { policy, caller };
}

const call = fc.tuple(
  fc.constantFrom(...Object.keys(METHOD_ACCESS)),
  fc.oneof(appid, fc.constant(COMPONENT)),
);
const calls = fc.array(call, { minLength: 5, maxLength: 20 });

describe('Policy', () => {
  it('Every decision is that of the reference implementation, for arbitrary policies and calls', () => {
    fc.assert(
      fc.property(file, calls, (text, made) => {
        const { policy, caller } = policyOf(text);
        for (const [method, id] of made)
          expect(policy.decide(caller, method, id).allowed).toBe(isAllowed(text, method, id));
      }),
      { numRuns: 300 },
    );
  });

  it('The visible appids of a method, as lists and as a predicate, are those for which it is allowed', () => {
    fc.assert(
      fc.property(file, calls, (text, made) => {
        const { policy, caller } = policyOf(text);
        const inList = (list: readonly string[], id: string) =>
          list.some((one) => (one.endsWith('*') ? id.startsWith(one.slice(0, -1)) : one === id));
        for (const [method, id] of made) {
          const { allow, deny, has } = policy.visible(caller, method);
          const listed = (allow === 'all' || inList(allow, id)) && !inList(deny, id);
          expect([listed, has(id)]).toEqual(Array(2).fill(isAllowed(text, method, id)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('The visible appids of a caller stay those of its rules after a question for its entry in another version of the file', () => {
    const text = (appids: string[]): FileText => ({
      appids: { one: { patterns: [] }, two: { patterns: [] }, platform: { component: true } },
      roles: { first: ['*'], second: ['*'] },
      allow: [{ methods: ['*'], appids }],
      deny: [],
    });
    const [before, now] = [policyOf(text(['wxa*'])), policyOf(text(['wxb*']))];
    expect(now.policy.visible(before.caller, 'Operations/GetOperation').allow).toEqual(['wxa*']);
    expect(now.policy.visible(now.caller, 'Operations/GetOperation').allow).toEqual(['wxb*']);
  });

  it('A method that a deny rule forbids for all appids is visible for none, with the reason of that rule', () => {
    const yaml = `version: 1
callers:
  - name: shop
    credentials: [{ cn: shop }]
    allow: [{ methods: ["*"], appids: all }]
    deny:
      - { methods: ["CodeManagement/Release"], appids: ["wx12*"], reason: "one shop" }
      - { methods: ["CodeManagement/Release"], appids: all, reason: "frozen until 7 January" }
`;
    const { policy } = parsePolicy(yaml, { file: 'p.yaml', setFiles: new Map() });
    const shop = policy?.caller('shop');
    if (policy === undefined || shop === undefined) throw new Error('no policy');
    expect(policy.visible(shop, 'CodeManagement/Release')).toMatchObject({
      allow: [],
      reason: 'frozen until 7 January',
    });
    expect(policy.visible(shop, 'CodeManagement/Commit').reason).toBeUndefined();
  });

  it('A decision names the rule that decided it, and a deny rule its reason', () => {
    const yaml = `version: 1
callers:
  - name: shop
    credentials: [{ cn: shop }]
    allow:
      - { methods: ["Operations/*"], appids: all }
      - { methods: ["CodeManagement/*"], appids: ["wx12*"] }
    deny:
      - { methods: ["CodeManagement/Release"], appids: ["wx120000000000000a"], reason: "frozen until 7 January" }
`;
    const { policy } = parsePolicy(yaml, { file: 'p.yaml', setFiles: new Map() });
    const shop = policy?.caller('shop');
    if (policy === undefined || shop === undefined) throw new Error('no policy');
    const decide = (method: string, id: string) => policy.decide(shop, method, id);
    expect(decide('CodeManagement/Release', 'wx120000000000000b')).toMatchObject({
      allowed: true,
      rule: { line: 7 },
    });
    expect(decide('CodeManagement/Release', 'wx120000000000000a')).toMatchObject({
      allowed: false,
      rule: { kind: 'deny', line: 9, reason: 'frozen until 7 January' },
    });
    for (const malformed of ['', 'wx12', 'wx120000000000000A', 'WX120000000000000a', 'wx120000000000000a '])
      expect(decide('CodeManagement/Release', malformed)).toEqual({ allowed: false });
    expect(decide('Templates/ListDrafts', 'wx120000000000000b')).toEqual({ allowed: false, rule: undefined });
  });
});

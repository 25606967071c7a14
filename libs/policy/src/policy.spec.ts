import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { isOfCalls } from './listed-call.js';
import { METHOD_ACCESS } from './method-access.js';
import { parsePolicy } from './parse-policy.js';

const COMPONENT = 'wxcccccccccccccccc';

interface RuleText {
  roles?: string[] | undefined;
  methods?: string[] | undefined;
  appids: string[] | 'all';
}

/** Those of Calls are not named by `*`: see listed-call.spec.ts. */
const METHODS = Object.keys(METHOD_ACCESS).filter((name) => !isOfCalls(name));
const digits = fc.constantFrom('0', 'a', 'b');
/** Few different appids and prefixes, so that they often match. */
const appid = fc.tuple(digits, digits, digits).map((parts) => `wx${parts.join('')}${'0'.repeat(13)}`);
const prefix = fc.array(digits, { maxLength: 3 }).map((parts) => `wx${parts.join('')}*`);
const pattern = fc.oneof(appid, prefix);
const some = <T>(maxLength: number, of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength });
const patterns = ['*', 'CodeManagement/*', 'CodeManagement/Get*', 'Operations/*', 'Templates/List*'];
const method = fc.oneof(fc.constantFrom(...METHODS), fc.constantFrom(...patterns));
const methods = some(3, method);
const set = fc.record({ patterns: fc.array(pattern, { maxLength: 3 }) });
const sets = fc.record({ one: set, two: set, platform: fc.constant({ component: true }) });
const rule: fc.Arbitrary<RuleText> = fc
  .record({
    roles: fc.option(some(2, fc.constantFrom('first', 'second')), { nil: undefined }),
    methods: fc.option(methods, { nil: undefined }),
    appids: fc.oneof(
      { weight: 1, arbitrary: fc.constant('all' as const) },
      { weight: 4, arbitrary: some(3, fc.oneof(fc.constantFrom('one', 'two', 'platform'), pattern)) },
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

function parsed(yaml: string, name: string) {
  const context = { file: 'p.yaml', componentAppid: COMPONENT, setFiles: new Map() };
  const { policy, errors } = parsePolicy(yaml, context);
  expect(errors).toEqual([]);
  const caller = policy?.caller(name);
  if (policy === undefined || caller === undefined) throw new Error('no policy');
  return { policy, caller };
}

const policyOf = ({ appids, roles, allow, deny }: FileText) => {
  const callers = [{ name: 'caller', credentials: [{ cn: 'someone' }], allow, deny }];
  return parsed(stringify({ version: 1, appids, roles, callers }), 'caller');
};

const call = fc.tuple(fc.constantFrom(...METHODS), fc.oneof(appid, fc.constant(COMPONENT)));
const calls = fc.array(call, { minLength: 5, maxLength: 20 });

it('Every decision, and the visible appids of a method as lists and as a predicate, are those of the reference', () => {
  const inList = (list: readonly string[], id: string) =>
    list.some((one) => (one.endsWith('*') ? id.startsWith(one.slice(0, -1)) : one === id));
  fc.assert(
    fc.property(file, calls, (text, made) => {
      const { policy, caller } = policyOf(text);
      for (const [method, id] of made) {
        const { allow, deny, has } = policy.visible(caller, method);
        const listed = (allow === 'all' || inList(allow, id)) && !inList(deny, id);
        const found = [policy.decide(caller, method, id).allowed, listed, has(id)];
        expect(found).toEqual(Array(3).fill(isAllowed(text, method, id)));
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
  const { policy, caller } = parsed(yaml, 'shop');
  const frozen = { allow: [], reason: 'frozen until 7 January' };
  expect(policy.visible(caller, 'CodeManagement/Release')).toMatchObject(frozen);
  expect(policy.visible(caller, 'CodeManagement/Commit').reason).toBeUndefined();
});

it('Reads of tokens are granted by their names and by Tokens/* alone, and the token of the platform by a set with component: true alone', () => {
  const [READ, RENEW] = ['Tokens/GetAccessToken', 'Tokens/RenewAccessToken'] as const;
  const APPID = 'wx120000000000000b';
  const granted = (methods: string[], appids: string[] | 'all', deny: object[] = []) => {
    const callers = [{ name: 'crm', credentials: [{ cn: 'crm' }], allow: [{ methods, appids }], deny }];
    const sets = { platform: { component: true } };
    const { policy, caller } = parsed(stringify({ version: 1, appids: sets, callers }), 'crm');
    const allowed = (read: string, id: string) => policy.decide(caller, read, id).allowed;
    return {
      reads: [READ, RENEW].map((read) => allowed(read, APPID)),
      platform: allowed(READ, COMPONENT),
      readsAll: policy.readsAllTokens(caller),
    };
  };
  const none = { reads: [false, false], platform: false, readsAll: false };
  for (const method of ['*', 'T*', 'Templates/*']) expect(granted([method], 'all')).toEqual(none);
  expect(granted([READ], [APPID])).toEqual({ ...none, reads: [true, false] });
  expect(granted(['Tokens/*'], ['wx12*'])).toEqual({ ...none, reads: [true, true] });
  const all = { reads: [true, true], platform: false, readsAll: true };
  expect(granted(['Tokens/*'], 'all')).toEqual(all);
  expect(granted(['Tokens/*'], ['wx*'])).toEqual(all);
  expect(granted(['Tokens/*'], [COMPONENT])).toEqual(none);
  expect(granted(['Tokens/*'], ['platform'])).toEqual({ ...none, platform: true, readsAll: true });
  expect(granted(['Tokens/*'], ['platform'], [{ methods: [READ], appids: 'all' }]).platform).toBe(false);
});

it.each(['Tokens/Get*', 'Tokens/Nothing', 'Token*'])('A rule cannot name reads of tokens as %s', (method) => {
  const allow = [{ methods: [method], appids: 'all' }];
  const text = stringify({ version: 1, callers: [{ name: 'crm', credentials: [{ cn: 'crm' }], allow }] });
  const { errors } = parsePolicy(text, { file: 'p.yaml', componentAppid: COMPONENT, setFiles: new Map() });
  expect(errors.map(({ message }) => message)).toEqual([`unknown method ${method}`]);
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
  const { policy, caller } = parsed(yaml, 'shop');
  const release = (id: string) => policy.decide(caller, 'CodeManagement/Release', id);
  expect(release('wx120000000000000b')).toMatchObject({ allowed: true, rule: { line: 7 } });
  const rule = { kind: 'deny', line: 9, reason: 'frozen until 7 January' };
  expect(release('wx120000000000000a')).toMatchObject({ allowed: false, rule });
  for (const malformed of ['', 'wx12', 'wx120000000000000A', 'WX120000000000000a', 'wx120000000000000a '])
    expect(release(malformed)).toEqual({ allowed: false });
  const drafts = policy.decide(caller, 'Templates/ListDrafts', 'wx120000000000000b');
  expect(drafts).toEqual({ allowed: false, rule: undefined });
});

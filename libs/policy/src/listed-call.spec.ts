import { expect, it } from '@jest/globals';

import { parsePolicy } from './parse-policy.js';

const PENALTIES = { api: 'wxa/getillegalrecords', http: 'POST', effect: 'none' };
const RULE = { methods: ['Calls/QueryWechat'], calls: ['penalties'], appids: 'all' };
const APPID = 'wx0123456789abcdef';

function parse({
  calls = { penalties: PENALTIES },
  roles = {},
  allow = [RULE],
  deny = [],
}: Record<string, unknown>) {
  const callers = [{ name: 'crm', credentials: [{ cn: 'crm' }], allow, deny }];
  const text = JSON.stringify({ version: 1, roles, calls, callers });
  return parsePolicy(text, { file: 'p', componentAppid: undefined, setFiles: new Map() });
}
const errorOf = (sections: Record<string, unknown>) =>
  parse(sections)
    .errors.map(({ message }) => message)
    .join('; ');
const decide = (sections: Record<string, unknown>, method: string, call?: string) => {
  const { policy } = parse(sections);
  const caller = policy?.caller('crm');
  return policy !== undefined && caller !== undefined && policy.decide(caller, method, APPID, call).allowed;
};

it.each([
  ['wxa/release', 'has an RPC of its own'],
  ['cgi-bin/component/api_query_auth', 'hands out secrets'],
  ['cgi-bin/token', 'hands out secrets'],
  ['cgi-bin/stable_token', 'hands out secrets'],
  ['cgi-bin/ticket/getticket', 'hands out secrets'],
  ['sns/jscode2session', 'hands out secrets'],
  ['/wxa/a', 'must be a path'],
  ['wxa/../sns/jscode2session', 'must be a path'],
  ['wxa/a?b=c', 'must be a path'],
  ['wxa', 'must be a path'],
  ['https://example.com/a', 'must be a path'],
])('The API %s cannot be listed', (api, message) => {
  expect(errorOf({ calls: { penalties: { ...PENALTIES, api } } })).toContain(message);
});

const MANY = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`c${i}`, PENALTIES]));

it.each([
  [{ allow: [{ methods: ['Calls/*'], appids: 'all' }] }, 'must list the calls'],
  [{ roles: { any: ['Calls/*'] }, allow: [{ roles: ['any'], appids: 'all' }] }, 'must list the calls'],
  [{ allow: [{ ...RULE, methods: ['*'] }] }, 'must name methods of Calls and nothing else'],
  [{ allow: [{ ...RULE, methods: ['Calls/*', 'CodeManagement/Commit'] }] }, 'and nothing else'],
  [{ allow: [{ ...RULE, calls: ['*'] }] }, 'unknown call *'],
  [{ calls: { penalties: { ...PENALTIES, query: ['access_token'] } } }, 'must not be a token'],
  [{ calls: { penalties: { ...PENALTIES, effect: 'any' } } }, 'must be none, set or once'],
  [{ calls: MANY }, 'must be at most 100'],
])('A policy with %j is refused', (sections, message) => {
  expect(errorOf(sections)).toContain(message);
});

it('A call is allowed by its literal name, never by a wildcard that is not of Calls, and denied by any', () => {
  const [query, change] = ['Calls/QueryWechat', 'Calls/ChangeWechat'];
  expect(decide({}, query, 'penalties')).toBe(true);
  const others = [decide({}, change, 'penalties'), decide({}, query, 'other'), decide({}, query)];
  expect(others).toEqual([false, false, false]);
  for (const methods of [['*'], ['C*'], ['Calls*']])
    expect(decide({ allow: [{ methods, appids: 'all' }] }, query, 'penalties')).toBe(false);
  expect(decide({ deny: [{ methods: ['*'], appids: [APPID] }] }, query, 'penalties')).toBe(false);
  expect(decide({ deny: [{ ...RULE, appids: [APPID] }] }, query, 'penalties')).toBe(false);
  const calls = { penalties: PENALTIES, other: PENALTIES };
  const allow = [{ ...RULE, calls: ['penalties', 'other'] }];
  expect(decide({ calls, allow, deny: [{ ...RULE, calls: ['other'] }] }, query, 'penalties')).toBe(true);
});

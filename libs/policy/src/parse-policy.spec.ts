import { expect, it } from '@jest/globals';
import { parsePolicy, setFilesOf } from './parse-policy.js';

const KEY = `{ id: k7f3q2ma, sha256: "${'0a'.repeat(32)}" }`;
const VALID = `version: 1
appids:
  retail:   { patterns: ["wx12ab*", "wx0123456789abcdef"] }
  food:     { file: food.txt }
  platform: { component: true }
roles:
  read:  ["CodeManagement/Get*", "Operations/ListOperations"]
  admin: ["Authorizers/*", "Templates/*"]
callers:
  - name: shop-backend
    credentials:
      - { jwt: { issuer: "https://id.example.com", subject: "svc:shop" } }
      - { uri: "spiffe://example.com/ns/shop/sa/backend" }
      - { apiKey: ${KEY} }
    allow: [{ roles: [read], appids: [retail, food] }]
    deny:  [{ methods: ["CodeManagement/Release"], appids: ["wx0123456789abcdef"], reason: "frozen" }]
    limits: { perSecond: 50, burst: 200, unfinished: 20000, uploadBytes: 268435456, auditsPerMonth: 2000, speedUpsPerMonth: 5 }
  - name: oncall
    credentials: [{ cn: "oncall@example.com" }, { dns: "oncall.example.com" }]
    allow: [{ roles: [read, admin], appids: all }, { roles: [admin], appids: [platform] }]
`;

type SetFile = { text: string } | { error: string };
function parse(text: string, food: SetFile = { text: '# food\n\nwxf00d*\r\n' }) {
  const setFiles = new Map([['food.txt', food]]);
  return parsePolicy(text, { file: 'policy.yaml', componentAppid: 'wxcomponent', setFiles });
}
const errorsOf = (text: string, food?: SetFile) =>
  parse(text, food).errors.map(({ file, line, message }) => `${file}:${line}: ${message}`);

const CN = 'cn: "oncall@example.com"';
const TAKEN = 'policy.yaml:19: this credential is already one of caller shop-backend';

it('A valid file has no errors, and its named sets have the patterns of the file, the list and the platform', () => {
  const { policy, errors } = parse(VALID);
  expect(errors).toEqual([]);
  const [shop, oncall] = policy?.callers ?? [];
  if (policy === undefined || shop === undefined || oncall === undefined) throw new Error('no callers');
  const visible = { allow: ['wx12ab*', 'wx0123456789abcdef', 'wxf00d*'], deny: [] };
  expect(policy.visible(shop, 'CodeManagement/GetAuditStatus')).toMatchObject(visible);
  expect(policy.decide(oncall, 'Templates/ListDrafts', 'wxcomponent').allowed).toBe(true);
  const ofMonth = { auditsPerMonth: 2_000, speedUpsPerMonth: 5 };
  const counted = { unfinished: 20_000, uploadBytes: 268_435_456 };
  expect(shop.limits).toEqual({ perSecond: 50, burst: 200, ...counted, ...ofMonth });
  expect(setFilesOf(VALID)).toEqual(['food.txt']);
});

it('A burst that is not given is the number of calls per second, at least 1', () => {
  const limitsWith = (text: string) =>
    parse(VALID.replace(/limits: .*/, `limits: { ${text} }`)).policy?.caller('shop-backend')?.limits.burst;
  const bursts = ['perSecond: 50', 'perSecond: 0.2', 'unfinished: 5'].map(limitsWith);
  expect(bursts).toEqual([50, 1, undefined]);
});

it.each([
  ['version: 1', 'version: 2', 'policy.yaml:1: version: must be 1'],
  ['roles:', 'rolls: 1\nroles:', 'policy.yaml:6: rolls: unknown key'],
  ['  retail:', '  Retail:', /policy.yaml:3: the name Retail must be 1 to 40/],
  ['  retail:', '  all:', /^policy.yaml:3: a set cannot be named all$/],
  ['wx12ab*', 'wx12*ab', /policy.yaml:3: appids.retail.patterns.0: must be/],
  ['CodeManagement/Get*', 'CodeManagement/Got*', 'policy.yaml:7: unknown method CodeManagement/Got*'],
  ['Authorizers/*', 'Auth*rizers', 'policy.yaml:8: unknown method Auth*rizers'],
  ['shop-backend', 'Shop', /policy.yaml:10: callers.0.name: must be 1 to 40/],
  ['  - name: oncall', '  - name: shop-backend', 'policy.yaml:18: there are two callers shop-backend'],
  ['roles: [read],', 'roles: [write],', 'policy.yaml:15: unknown role write'],
  ['food]', 'fruit]', 'policy.yaml:15: unknown set fruit; it is not a pattern either'],
  ['roles: [read, admin],', '', 'policy.yaml:20: callers.1.allow.0: must name roles or methods'],
  ['unfinished: 20000', 'unfinished: 0', 'policy.yaml:17: callers.0.limits.unfinished: must be above 0'],
  ['speedUpsPerMonth: 5', 'speedUpsPerMonth: 0.5', /limits.speedUpsPerMonth: must be a whole number$/],
  ['perSecond: 50, ', '', 'policy.yaml:17: callers.0.limits: burst requires perSecond'],
  ['k7f3q2ma,', 'K7,', /policy.yaml:14: callers.0.credentials.2.apiKey.id: must be 8/],
  ['0a"', '0a", expires: "2027-02-30"', /policy.yaml:14: .*apiKey.expires: must be a date/],
  [CN, 'cn: 7', 'policy.yaml:19: callers.1.credentials.0.cn: must be a text; put it in quotes'],
  [CN, 'uri: "spiffe://example.com/ns/shop/sa/backend"', TAKEN],
  [CN, `apiKey: ${KEY}`, TAKEN],
  [CN, 'cn: x, dns: y', /policy.yaml:19: callers.1.credentials.0: must have exactly one/],
  ['appids: [platform]', 'appids: [platform], reason: no', 'policy.yaml:20: only a deny rule has a reason'],
  ['- name: oncall', '- name: oncall\n    name: oncall', /policy.yaml:19: Map keys must be unique/],
  ['["wx12ab*"', '&a ["wx12ab*"', ''],
  ['["wx12ab*"', '*a', /policy.yaml:3: /],
])('With %s replaced by %s the error is %s', (from, to, expected) => {
  const errors = errorsOf(VALID.replace(from, to));
  if (typeof expected === 'string') expect(errors).toEqual(expected === '' ? [] : [expected]);
  else expect(errors[0]).toMatch(expected);
});

it('All errors of a file are reported at once, in the order of their lines', () => {
  const text = VALID.replace('version: 1', 'version: 1\nextra: 1')
    .replace('wx12ab*', 'nothing')
    .replace('"Templates/*"', '"Template/*"')
    .replace('appids: all', 'appids: al');
  const places = errorsOf(text, { text: 'wxf00d*\nfood\n' }).map((error) => error.split(': ')[0]);
  const lines = [2, 4, 9, 21].map((line) => `policy.yaml:${line}`);
  expect(places).toEqual(['food.txt:2', ...lines]);
});

it('A file of appids that cannot be read is an error of the line that names it', () => {
  expect(errorsOf(VALID, { error: 'ENOENT' })).toEqual(['policy.yaml:4: cannot read food.txt: ENOENT']);
});

it.each(['', '[]', 'version', 'version: 1', 'callers: 1\nversion: 1', '{', '\0'])(
  '%j is no policy',
  (text) => {
    expect(errorsOf(text)).not.toEqual([]);
  },
);

it('At most 200 callers are valid, because their names are metric labels', () => {
  const caller = (_: unknown, i: number) => `  - { name: c${i}, credentials: [{ cn: c${i} }] }\n`;
  const callers = (length: number) => `version: 1\ncallers:\n${Array.from({ length }, caller).join('')}`;
  expect(errorsOf(callers(200))).toEqual([]);
  expect(errorsOf(callers(201))).toEqual([expect.stringContaining('must be at most 200')]);
});

it('The hash of a policy is a SHA-256, and changes with each of its files of appids', () => {
  const yaml = 'version: 1\nappids: { food: { file: food.txt } }\ncallers: []';
  const hashes = ['wx0*', 'wx0*', 'wx0*\nwx1*'].map((text) => parse(yaml, { text }).policy?.sha256);
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(hashes.map((hash) => hash === hashes[0])).toEqual([true, true, false]);
});

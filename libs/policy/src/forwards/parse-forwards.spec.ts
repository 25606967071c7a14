import { expect, it } from '@jest/globals';
import { type ForwardRules, parseForwards, ruleFor, urlOf } from './parse-forwards.js';

const appid = 'wx12ab000000000001';
const file = (...rules: string[]) =>
  `version: 1\nforwards:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
const rule = (more: string) => `{ name: a, url: "https://a.example.com/$APPID$", ${more} }`;

function rulesOf(...rules: string[]): ForwardRules {
  const { value, errors } = parseForwards(file(...rules), 'f.yaml', false);
  expect(errors).toEqual([]);
  return value as ForwardRules;
}
const errorsOf = (text: string, keepsTokens = true) =>
  parseForwards(text, 'f.yaml', keepsTokens).errors.map(({ line, message }) => `${line}: ${message}`);

it('The first rule that matches event and mini-program is used', () => {
  const rules = rulesOf(
    '{ name: kf, events: [text, image], appids: ["wx12ab*"], url: "https://kf.example.com" }',
    '{ name: all, events: ["*"], url: "https://old.example.com" }',
  );
  const nameFor = (name: string, of = appid) => ruleFor(rules, { name, appid: of }, true)?.name;
  expect(nameFor('text')).toBe('kf');
  expect(nameFor('text', 'wx00000000000000ff')).toBe('all');
  expect(nameFor('user_enter_tempsession')).toBe('all');
  expect(ruleFor(rulesOf(rule('events: [text]')), { name: 'image', appid }, false)).toBe(undefined);
});

it('"*" is all that the deployment does not keep for itself, and never the check of wxa adopt', () => {
  const rules = rulesOf(rule('events: ["*"]'));
  const isForwarded = (name: string, keepsTokens: boolean) =>
    ruleFor(rules, { name, appid }, keepsTokens) !== undefined;
  for (const name of ['component_verify_ticket', 'authorized', 'updateauthorized', 'unauthorized'])
    expect([isForwarded(name, true), isForwarded(name, false)]).toEqual([false, true]);
  for (const name of ['notify_third_fasteregister', 'weapp_audit_fail', 'text'])
    expect([isForwarded(name, true), isForwarded(name, false)]).toEqual([true, true]);
  expect(isForwarded('wxa_adopt_check', false)).toBe(false);
});

it('Unset values have defaults, and $APPID$ is replaced wherever it is in the URL', () => {
  const [made] = rulesOf(rule('events: [text]')).rules;
  expect(made).toMatchObject({ timeoutMs: 3_500, maxInFlight: 200, onFailure: 'redeliver' });
  const url = urlOf('https://a.example.com/$APPID$/x?a=$APPID$', 'wx1');
  expect(url?.href).toBe('https://a.example.com/wx1/x?a=wx1');
});

const NO_APPID = 'must be an appid, or a prefix of one followed by *';
const NO_URL = 'must be an http(s) URL without user, password and fragment';
const MANY = Array.from({ length: 21 }, (_, i) => rule('events: [text]').replace('a,', `a${i},`));

it.each([
  ['version: 2\nforwards: []', '1: version: must be 1'],
  [file(rule('events: []')), '3: forwards.0.events: must not be empty'],
  [file(rule('events: [text], timeoutMs: 499')), '3: forwards.0.timeoutMs: must be at least 500'],
  [file(rule('events: [text], timeoutMs: 4001')), '3: forwards.0.timeoutMs: must be at most 4000'],
  [file(rule('events: [text], retries: 3')), '3: forwards.0.retries: unknown key'],
  [file(rule('events: [text], onFailure: drop')), '3: forwards.0.onFailure: must be redeliver or succeed'],
  [file(rule('events: [text], appids: [shop]')), `3: forwards.0.appids.0: ${NO_APPID}`],
  [file(rule('events: [text]'), rule('events: [image]')), '4: there are two forwards a'],
  [file('{ name: a, events: [text], url: "ftp://a" }'), `3: forwards.0.url: ${NO_URL}`],
  [file('{ name: a, events: [text], url: "https://u:p@a" }'), `3: forwards.0.url: ${NO_URL}`],
  [file(...MANY), '2: forwards: must be at most 20'],
])('A forward file is rejected with its line: %j', (text, error) => {
  expect(errorsOf(text)).toContain(error);
});

it('A rule that names tickets or authorizations is rejected if this deployment holds the tokens', () => {
  const named = file(rule('events: [text, authorized]'));
  expect(errorsOf(named)).toEqual([expect.stringMatching(/^3: authorized cannot be forwarded/)]);
  expect(errorsOf(named, false)).toEqual([]);
});

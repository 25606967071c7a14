import { expect, it } from '@jest/globals';
import { parseArguments } from './arguments.js';

const NOW = new Date('2027-01-01T00:00:00Z');
const parse = (line: string) => parseArguments(line.split(' '), NOW);

it('A stop has one API or those of all changes, an end and a reason', () => {
  const until = new Date('2027-01-07T01:00:00Z');
  const end = '--until 2027-01-07T09:00:00+08:00 --reason broken';
  const stop = { command: 'stop', json: false, until, reason: 'broken' };
  expect(parse(`stop wxa/release ${end}`)).toEqual({ ...stop, apis: ['wxa/release'] });
  const all = parse(`stop --all-changes ${end}`);
  expect(all).toMatchObject({ ...stop, apis: expect.arrayContaining(['wxa/release', 'wxa/commit']) });
  expect(all).not.toMatchObject({ apis: expect.arrayContaining(['wxa/getversioninfo']) });
});

it("A rate is a number or the default, of an API or of '*'", () => {
  const rate = { command: 'rate', api: 'wxa/commit', perSecond: 0.5 };
  expect(parse('rate wxa/commit 0.5')).toMatchObject(rate);
  expect(parse('rate * default --json')).toMatchObject({ api: '*', perSecond: null, json: true });
});

it.each([
  ['', 'unknown command'],
  ['burn', 'unknown command: burn'],
  ['list more', 'unexpected argument: more'],
  ['list --reason x', 'list has no option --reason'],
  ['lift', 'API and --all-changes'],
  ['lift wxa/release --all-changes', 'API and --all-changes'],
  ['stop wxa/relaese --until 2027-01-07T09:00:00Z --reason x', 'unknown API: wxa/relaese'],
  ['stop wxa/release --reason x', '--until is missing'],
  ['stop wxa/release --until 2027-01-07 --reason x', '--until must be a time with its offset'],
  ['stop wxa/release --until 2027-13-07T09:00:00Z --reason x', '--until must be a time with its offset'],
  ['stop wxa/release --until 2026-12-31T23:59:59Z --reason x', '--until is not in the future'],
  ['stop wxa/release --until 2027-01-07T09:00:00Z', '--reason is missing'],
  ['stop wxa/release --for 3', "Unknown option '--for'"],
  ['rate wxa/release', 'rate takes API'],
  ['rate wxa/release -1', "'-1'"],
  ['rate wxa/release many', 'N must be a number'],
  ['rate wxa/relaese 3', 'unknown API: wxa/relaese'],
])('The arguments %j are rejected with %j', (line, message) => {
  expect(() => parse(line)).toThrow(message);
});

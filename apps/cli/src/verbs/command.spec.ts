import { expect, it } from '@jest/globals';
import { UsageError } from '../exit-codes.js';
import { commandOf, runVerb } from './command.js';
import { verb } from './verb.js';
import { VERBS, verbIn } from './verbs.js';

const given: unknown[] = [];
const example = verb(['gateway'], {
  ...{ summary: '', example: '' },
  args: '<FILE> [ID...]',
  required: { '--appid <APPID>': '' },
  options: { '--dry-run': '', '--labels <TEXT...>': '', '--create-time-after <TIME>': '' },
  run: async (args, values) => given.push(args, values),
});
const run = (line: string) => runVerb({ name: 'example', verb: example, words: line.split(' ') });

it('A command gets its arguments, and its options by their names in camel case', async () => {
  await run('a --appid wx1 --labels x --labels y b c --dry-run --gateway=h:1 --json --create-time-after=-1');
  const values = { appid: 'wx1', labels: ['x', 'y'], dryRun: true, gateway: 'h:1', json: true };
  expect(given).toEqual([['a', 'b', 'c'], { ...values, createTimeAfter: '-1' }]);
});

it.each([
  ['a --appid wx1 --appid=wx2', '--appid is given more than once'],
  ['a --appid wx1 --dry-run --dry-run', '--dry-run is given more than once'],
  ['a --appid --dry-run', '--appid needs a value'],
  ['a --appid', "option '--appid <APPID>' argument missing"],
  ['a', "required option '--appid <APPID>' not specified"],
  ['--appid wx1', "missing required argument 'FILE'"],
  ['a --appid wx1 --id 3', "unknown option '--id'"],
  ['a --appid wx1 --dry-run=yes', "unknown option '--dry-run=yes'"],
  ['a --appid wx1 -d', "unknown option '-d'"],
])('The arguments %j are refused with %j', async (line, message) => {
  const refused = run(line);
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(message);
});

it.each([
  ['dlq list 0:1', 'too many arguments'],
  ['dlq show x', 'not PARTITION:OFFSET, as in 3:17: x'],
  ['dlq replay', 'replay takes one of'],
  ['dlq replay 0:1 --all', 'replay takes one of'],
  ['dlq replay --reason --all', '--reason needs a value'],
  ['quota stop wxa/relaese --until 2099-01-07T09:00:00Z --reason x', 'unknown API: wxa/relaese'],
  ['outbox release', 'give one of EVENT_ID... and --all'],
  ['republish', "required option '--since <TIME>'"],
  ['republish --since 2026-01-02T00:00:00Z --until 2026-01-01T00:00:00Z', '--until must be later'],
  ['republish --since 2026-01-02T00:00:00Z --topic commands', '--topic must be outcomes or audits'],
  ['restore', '--since is required'],
  ['restore --accept', '--accept needs --reason'],
  ['restore --accept --reason x --dry-run', '--accept takes only --reason and --json'],
  ['ops get', 'ID is missing'],
  ['ops get 1', 'ID must be a UUID: 1'],
  ['ops cancel --reason x --method Release --state RUNNING', '--state must be QUEUED or RETRYING'],
  ['commit --appid wx1 --template-id 1', "required option '--user-version <TEXT>'"],
])('`wxa %s` is refused with %j', async (line, message) => {
  const found = verbIn(line.split(' '));
  if (found === undefined) throw new Error(`no verb: ${line}`);
  await expect(runVerb(found)).rejects.toThrow(message);
});

it('Options that the gateway requires are required, and values that it refuses are not offered', async () => {
  const { commit, 'audits list': audits } = VERBS as Required<typeof VERBS>;
  if (commit === undefined || audits === undefined) throw new Error('no verb');
  const { options } = await commandOf('commit', commit);
  const required = options.filter(({ mandatory }) => mandatory).map(({ long }) => long);
  expect(required).toEqual(['--appid', '--template-id', '--user-version']);
  const help = (await commandOf('audits list', audits)).helpInformation();
  expect(help).toMatch(/--state <NAME> +APPROVED, REJECTED, PENDING, WITHDRAWN$/m);
});

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { METHODS } from '@wxa/contracts';
import { useFolder } from '../use-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = {
  rules: 'deploy/alerts/rules.yaml',
  tests: 'deploy/alerts/rules.test.yaml',
  runbooks: 'docs/runbooks.md',
} as const;
type File = keyof typeof FILES;

const folder = useFolder();

/** Runs `check-alerts.js` with one file changed; what it printed. */
async function check(
  file?: File,
  from: string | RegExp = '',
  to = '',
): Promise<{ code: number; output: string }> {
  const args = ['deploy/check/check-alerts.js'];
  if (file !== undefined) {
    const text = await readFile(join(ROOT, FILES[file]), 'utf8');
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    await writeFile(join(folder, file), changed);
    args.push(`--${file}`, join(folder, file));
  }
  return promisify(execFile)(process.execPath, args, { cwd: ROOT }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stderr }) => ({ code, output: stderr }),
  );
}

describe('check-alerts', () => {
  it('The alerts of the repository have no error', async () => {
    const lines = async (path: string, having: RegExp) =>
      (await readFile(join(ROOT, path), 'utf8')).match(having)?.length;
    const alerts = await lines(FILES.rules, /^ *- alert: /gm);
    const runbooks = await lines(FILES.runbooks, /^#{2,3} /gm);
    const output = `${alerts} alerts, ${runbooks} runbooks, no error\n`;
    expect(await check()).toEqual({ code: 0, output });
  });

  it.each<[file: File, from: string | RegExp, to: string, error: string]>([
    ['rules', 'severity: page }', 'team: a }', 'WxaAcceptBudgetBurning: the severity is none of page,ticket'],
    [
      'rules',
      '#worker-absent',
      '#worker',
      'WxaWorkerAbsent: runbook_url is not docs/runbooks.md#worker-absent',
    ],
    [
      'tests',
      /alertname: WxaClockSkew\n/,
      'alertname: WxaHistoryBehind\n',
      'WxaClockSkew: no case in which it fires',
    ],
    ['tests', 'alertname: WxaClockSkew,', 'alertname: WxaClock,', 'WxaClock: has a case and is no alert'],
    ['runbooks', '### Clock skew\n', '### Clocks\n', 'WxaClockSkew: no section #clock-skew in the runbooks'],
    [
      'runbooks',
      '**Over when** all values are within 0.5 s.\n',
      '',
      'runbook "Clock skew": its parts are Meaning,Still works,First five minutes,Causes,Fix,Tell',
    ],
    [
      'runbooks',
      'max by (instance) (wxa_history_behind)\n',
      'max by instance (wxa_history_behind)\n',
      'runbook "History behind": not PromQL at character 7: max by instance (wxa_history_behind)',
    ],
    [
      'rules',
      'max(wxa_operations_awaiting_resolution) > 0',
      'sum(wxa_operations_awaiting_resolution) > 0',
      'WxaAwaitingResolution: wxa_operations_awaiting_resolution is deployment-wide; aggregate it with max or min',
    ],
    [
      'rules',
      'max(wxa_policy_invalid)',
      'max(wxa_policy_wrong)',
      'WxaPolicyInvalid: wxa_policy_wrong is no metric of docs/metrics.md',
    ],
    [
      'runbooks',
      'wxa dlq replay --reason UNKNOWN_METHOD',
      'wxa dlq replay --cause UNKNOWN_METHOD',
      'runbook "Dead letters": wxa dlq replay has no --cause: wxa dlq replay --cause UNKNOWN_METHOD',
    ],
  ])('An error in the %s, with %s changed to %j, is reported: %s', async (file, from, to, error) => {
    const { code, output } = await check(file, from, to);
    expect([code, output.split('\n')]).toEqual([1, expect.arrayContaining([error])]);
  });
});

it('The availability of accepts covers the RPC of every change and no other', async () => {
  const rules = await readFile(join(ROOT, FILES.rules), 'utf8');
  const selectors = [...rules.matchAll(/grpc_method=~"([^"]*)"/g)].map(([, methods]) =>
    methods?.split('|').sort(),
  );
  const changes = Object.entries(METHODS).filter(([, { kind }]) => kind === 'change');
  expect(selectors).toHaveLength(6);
  for (const methods of selectors) expect(methods).toEqual(changes.map(([method]) => method).sort());
});

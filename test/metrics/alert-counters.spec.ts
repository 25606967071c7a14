import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { METRICS } from '@wxa/service';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');

it('Every counter that an alert or a recording rule uses is created with series that begin at 0', () => {
  const rules = read('deploy/alerts/rules.yaml');
  const used = Object.entries(METRICS).filter(
    ([name, { kind }]) => kind === 'counter' && rules.includes(name),
  );
  const files = execFileSync('git', ['ls-files', 'apps/*/src/*.ts', 'libs/*/src/*.ts'], { cwd: ROOT });
  const paths = String(files).trim().split('\n');
  const sources = paths.filter((path) => !path.endsWith('.spec.ts')).map(read);
  const created = (name: string, next: string) => new RegExp(`counter\\(\\s*'${name}'${next}`);
  const withoutZero = used
    .map(([name]) => name)
    .filter((name) => {
      const isCreated = sources.some((text) => created(name, ',').test(text));
      return !isCreated || sources.some((text) => created(name, '\\)').test(text));
    });
  expect(used.length).toBeGreaterThan(5);
  expect(withoutZero).toEqual([]);
});

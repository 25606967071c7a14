import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { CATEGORY_CODES } from '@wxa/contracts';
import { describeErrcode, knownErrcodes } from '@wxa/wxa-client';
import { errorsPage } from './errors-page.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Where errors of operations are made; an unreadable command of `libs/contracts` is not one. */
const SOURCES = [
  ...['libs/methods/src', 'libs/wxa-client/src', 'apps/release-worker/src', 'apps/gateway/src'],
  ':(exclude,glob)**/*.spec.ts',
];
const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

it('docs/errors.md is the output of `npm run docs:errors`', () => {
  expect(page).toBe(errorsPage());
});

it('docs/errors.md has every errcode with its reason and both hints', () => {
  const rows = page.split('\n').map((line) => line.slice(2, -2).split(' | '));
  for (const { errcode, reason, hint, hintZh } of knownErrcodes.map(describeErrcode)) {
    const places = rows.map(([codes = '']) => codes.split(', ').indexOf(`${errcode}`));
    const row = rows.findIndex(
      ([, reasons = ''], i) => reasons.split(', ')[places[i] ?? -1] === `\`${reason}\``,
    );
    expect(rows[row]?.slice(2)).toEqual([hint, hintZh]);
  }
});

it('docs/errors.md has a row for every category', () => {
  for (const category of Object.keys(CATEGORY_CODES)) expect(page).toMatch(`| \`${category}\` | \``);
});

it('docs/errors.md has a row for every reason that the code gives to an error', () => {
  const written = execFileSync('git', ['grep', '-hoE', `reason: '[A-Z_]+'`, '--', ...SOURCES], { cwd: ROOT });
  expect(written.toString()).toContain("reason: 'VERSION_MISMATCH'");
  const services = readFileSync(`${ROOT}libs/methods/src/service-errors.ts`, 'utf8');
  const reasons = [
    ...[...written.toString().matchAll(/reason: '([A-Z_]+)'/g)].map(([, reason]) => reason),
    ...[...services.matchAll(/serviceErrorRow\(\s*'([A-Z_]+)'/g)].map(([, reason]) => reason),
  ];
  expect(reasons).toContain('WORKER_LOST');
  const documented = new Set(
    [...page.matchAll(/(?<=^\| |, |\| )`([A-Z_]+)`(?=,| \|)/gm)].map(([, name]) => name),
  );
  expect(reasons.filter((reason) => !documented.has(reason))).toEqual([]);
});

it('Every hint in Chinese is a sentence with Chinese characters', () => {
  // The explanations of a rollout are sentences of its own, which the console has in both languages.
  const [hints = ''] = page
    .replace(/^## Explanations of rollouts\n.*?(?=^## )/ms, '')
    .split('## Reasons of invalid fields');
  const rows = hints.split('\n').filter((line) => /^\| (-?\d+|`[A-Z_]+`)[, ]/.test(line));
  expect(rows.length).toBeGreaterThan(280);
  for (const row of rows)
    expect(row.split(' | ').some((cell) => /\p{Script=Han}.*。( \|)?$/u.test(cell))).toBe(true);
});

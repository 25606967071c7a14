import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { TEXTS } from './text.js';
import type { Text } from './texts.js';

const SOURCE = new URL('../../src/', import.meta.url);
const files = (readdirSync(SOURCE, { recursive: true }) as string[]).filter((name) => /\.tsx?$/.test(name));
const read = (pick: (name: string) => boolean) =>
  files.filter(pick).map((name) => readFileSync(new URL(name, SOURCE), 'utf8'));
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

it('The two languages of a text have the same placeholders, and neither is empty', () => {
  const faults = Object.entries<Text>(TEXTS).filter(
    ([, { zh, en }]) => zh === '' || en === '' || `${placeholders(zh)}` !== `${placeholders(en)}`,
  );
  expect(faults).toEqual([]);
});

it('No key is in two files', () => {
  const keys = read((name) => name.startsWith('text/') && !name.endsWith('.spec.ts')).flatMap((text) =>
    [...text.matchAll(/^ {2}'?([\w.]+)'?: \{/gm)].map(([, key = '']) => key),
  );
  expect(keys.sort()).toEqual(Object.keys(TEXTS).sort());
});

it('Every text is used', () => {
  const pages = read((name) => !name.startsWith('text/') && !/\.spec\.tsx?$/.test(name)).join('\n');
  const source = pages.replace(/@(Get|Post|Controller)\(.*\)/g, '');
  const isUsed = (key: string) =>
    new RegExp(`['"]${key.replace('.', '\\.')}['"]`).test(source) ||
    // A name such as `operation.QUEUED` is made of the name of its enum and a value.
    (key.includes('.') &&
      new RegExp(`\\b${key.split('.')[0]}: '|\`${key.split('.')[0]}\\.\\$\\{`).test(source));
  expect(Object.keys(TEXTS).filter((key) => !isUsed(key))).toEqual([]);
});

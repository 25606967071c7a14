import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { TEXTS } from './text.js';

const OTHERS = ['text.ts', 'text.spec.ts', 'texts.ts'];

it('Every text of the files has a key of its own, and is in the dictionary', async () => {
  const files = readdirSync(dirname(fileURLToPath(import.meta.url)));
  const keys: string[] = [];
  for (const file of files.filter((name) => name.endsWith('.ts') && !OTHERS.includes(name))) {
    const parts: Record<string, object> = await import(`./${file.replace('.ts', '.js')}`);
    keys.push(...Object.values(parts).flatMap((part) => Object.keys(part)));
  }
  expect(keys.toSorted()).toEqual(Object.keys(TEXTS).toSorted());
});

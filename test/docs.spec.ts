import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generatedPage } from '@wxa/bench';

const ROOT = join(import.meta.dirname, '..');
const PAGES = ['README.md', 'ARCHITECTURE.md', 'docs', 'bench', 'libs/wxa-client', 'apps/wechat-sim'];

async function pages(): Promise<string[]> {
  const found = await Promise.all(
    PAGES.map(async (path) => {
      if (path.endsWith('.md')) return [path];
      const names = await readdir(join(ROOT, path), { recursive: path === 'docs' });
      return names.filter((name) => name.endsWith('.md')).map((name) => join(path, name));
    }),
  );
  return found.flat();
}

describe('documentation pages', () => {
  it('The pages name only tests and pages that exist', async () => {
    const missing: string[] = [];
    for (const page of await pages()) {
      const text = await readFile(join(ROOT, page), 'utf8');
      const tests = [...text.matchAll(/`([\w./-]+\.spec\.ts)`/g)].map(([, path = '']) => path);
      const links = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[\w-]+)?\)/g)].map(([, path = '']) =>
        join(page, '..', path),
      );
      const gone = [...tests, ...links].filter((path) => !existsSync(join(ROOT, path)));
      missing.push(...gone.map((path) => `${page}: ${path}`));
    }
    expect(missing).toEqual([]);
  });

  // If this fails, run `npm run bench -- --only page`.
  it('The benchmark page and its charts match the result files', async () => {
    const charts = (await readdir(join(ROOT, 'bench/charts'))).map((name) => `charts/${name}`);
    const paths = ['RESULTS.md', ...charts];
    const texts = paths.map(async (path) => [path, await readFile(join(ROOT, 'bench', path), 'utf8')]);
    expect(Object.fromEntries(await Promise.all(texts))).toEqual(await generatedPage());
  });
});

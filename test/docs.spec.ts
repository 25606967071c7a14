import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generatedPage } from '@wxa/bench';
import { METRICS } from '@wxa/service';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  ...['README.md', 'README.zh-CN.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'GLOSSARY.md'],
  ...['docs', 'bench', 'libs/wxa-client', 'apps/wechat-sim'],
];

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

/** The anchors of a page's headings, as GitHub makes them. */
async function sectionsOf(page: string): Promise<string[]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
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

  it('The links to sections lead to headings that exist', async () => {
    const missing: string[] = [];
    for (const page of await pages()) {
      const text = await readFile(join(ROOT, page), 'utf8');
      for (const [, path = '', section = ''] of text.matchAll(/\]\(([^)#:\s]*)#([^)\s]+)\)/g)) {
        const target = path === '' ? page : join(page, '..', path);
        if (!(await sectionsOf(target)).includes(section)) missing.push(`${page}: ${path}#${section}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('The pages name only source files and folders that exist', async () => {
    const places = {
      'worker/': 'apps/release-worker/src/',
      'gateway/': 'apps/gateway/src/',
      'store/': 'libs/store/src/',
    };
    const missing: string[] = [];
    for (const page of await pages()) {
      const text = await readFile(join(ROOT, page), 'utf8');
      const named = [...text.matchAll(/`((?:apps|libs|stack|chaos|proto|worker|gateway|store)\/[\w./-]*)`/g)];
      for (const [, path = ''] of named) {
        const place = Object.entries(places).find(([prefix]) => path.startsWith(prefix));
        const full = place === undefined ? path : place[1] + path.slice(place[0].length);
        if (!existsSync(join(ROOT, full))) missing.push(`${page}: ${path}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('The pages name only npm scripts and metrics that exist', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const series = Object.keys(METRICS).flatMap((name) =>
      ['', '_bucket', '_sum', '_count'].map((suffix) => name + suffix),
    );
    /** Roles and a database of PostgreSQL. */
    const known = new Set([...series, 'wxa_app', 'wxa_owner', 'wxa_code']);
    const missing: string[] = [];
    // The changelog names what is gone.
    for (const page of (await pages()).filter((each) => each !== 'CHANGELOG.md')) {
      const text = await readFile(join(ROOT, page), 'utf8');
      const named = [...text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = '']) => name);
      const metrics = text.match(/\bwxa_[a-z][a-z_]*\b(?!…)/g) ?? [];
      const gone = [
        ...named.filter((name) => !(name in scripts)),
        ...metrics.filter((name) => !known.has(name)),
      ];
      missing.push(...gone.map((name) => `${page}: ${name}`));
    }
    expect(missing).toEqual([]);
  });

  // If this fails, run `npm run bench -- --only report`.
  it('bench/RESULTS.md has the tables of the stored results', async () => {
    expect(await readFile(join(ROOT, 'bench/RESULTS.md'), 'utf8')).toBe(await generatedPage());
  });
});

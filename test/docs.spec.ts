import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { generatedPage } from '@wxa/bench';
import { descriptors } from '@wxa/contracts';
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

type Find = (text: string, page: string) => string[] | Promise<string[]>;

/** What is found on the pages, with their names. */
async function onPages(find: Find): Promise<string[]> {
  const found: string[] = [];
  for (const page of await pages()) {
    const names = await find(await readFile(join(ROOT, page), 'utf8'), page);
    found.push(...names.map((name) => `${page}: ${name}`));
  }
  return found;
}

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** In place of the folder of their sources. */
const SHORT: Record<string, string> = {
  worker: 'apps/release-worker/src',
  gateway: 'apps/gateway/src',
};

it('The pages name only tests, pages, source files and folders that exist', async () => {
  const missing = await onPages((text, page) => {
    const links = matches(text, /\]\(([^)#:\s]+)(?:#[\w-]+)?\)/g).map((path) => join(page, '..', path));
    const sources = matches(text, /`((?:apps|libs|stack|chaos|proto|worker|gateway)\/[\w./-]*)`/g);
    const paths = sources.map((path) => path.replace(/^\w+/, (first) => SHORT[first] ?? first));
    const named = [...matches(text, /`([\w./-]+\.spec\.ts)`/g), ...links, ...paths];
    return named.filter((path) => !existsSync(join(ROOT, path)));
  });
  expect(missing).toEqual([]);
});

it('The links to sections lead to headings that exist', async () => {
  const missing = await onPages(async (text, page) => {
    const wrong: string[] = [];
    for (const [, path = '', section = ''] of text.matchAll(/\]\(([^)#:\s]*)#([^)\s]+)\)/g)) {
      const target = path === '' ? page : join(page, '..', path);
      if (!(await sectionsOf(target)).includes(section)) wrong.push(`${path}#${section}`);
    }
    return wrong;
  });
  expect(missing).toEqual([]);
});

it('The pages name only npm scripts and metrics that exist', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const series = Object.keys(METRICS).flatMap((name) =>
    ['', '_bucket', '_sum', '_count'].map((suffix) => name + suffix),
  );
  /** Roles and a database of PostgreSQL. */
  // Callbacks of WeChat are label values.
  const callbacks = ['wxa_privacy_apply', 'wxa_category_audit', 'wxa_nickname_audit'];
  const known = new Set([...series, ...callbacks, 'wxa_app', 'wxa_owner', 'wxa_code']);
  const missing = await onPages((text, page) => {
    // The changelog names what is gone.
    if (page === 'CHANGELOG.md') return [];
    const named = matches(text, /npm run (?:--silent )?([a-z][\w:-]*)/g);
    const metrics = matches(text, /(\bwxa_[a-z][a-z_]*\b)(?!…)/g);
    return [...named.filter((name) => !(name in scripts)), ...metrics.filter((name) => !known.has(name))];
  });
  expect(missing).toEqual([]);
});

it('Every promise of docs/guarantees.md is a row of at most 400 characters, and its proof names a test that exists', async () => {
  const page = await readFile(join(ROOT, 'docs/guarantees.md'), 'utf8');
  const [promises = '', proof = ''] = page.split('\n## Proof\n');
  const rowsOf = (text: string) =>
    new Map([...text.matchAll(/^\| ([A-Z]\d+) \|.*$/gm)].map(([row, id]) => [id, row]));
  const rows = rowsOf(promises);
  const proofs = rowsOf(proof);
  expect(rows.size).toBeGreaterThan(100);
  expect([...proofs.keys()]).toEqual([...rows.keys()]);
  expect([...rows.values()].filter((row) => row.length > 400)).toEqual([]);
  const tested = (row: string) =>
    matches(row, /`([\w./-]+\.(?:ts|js|yaml))`/g).filter((path) => existsSync(join(ROOT, path)));
  expect([...proofs.values()].filter((row) => tested(row).length === 0)).toEqual([]);
});

// If this fails, run `npm run bench -- --only report`.
it('bench/RESULTS.md has the tables of the stored results', async () => {
  expect(await readFile(join(ROOT, 'bench/RESULTS.md'), 'utf8')).toBe(await generatedPage());
});

it('The service config of clients names every service of the protos', async () => {
  const { methodConfig } = JSON.parse(await readFile(join(ROOT, 'clients/service-config.json'), 'utf8'));
  const services = [...descriptors()].filter(({ kind }) => kind === 'service');
  const named = methodConfig.flatMap(({ name }: { name: { service: string }[] }) => name);
  expect(named.map(({ service }: { service: string }) => service).sort()).toEqual(
    services.map(({ typeName }) => typeName).sort(),
  );
});

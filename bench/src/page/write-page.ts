import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Results } from '../results.js';
import { type Files, pageOf } from './page.js';

const BENCH = new URL('../../', import.meta.url);
const RESULTS = new URL('results/', BENCH);
const CHARTS = new URL('charts/', BENCH);

/** Writes bench/RESULTS.md and bench/charts anew from the files in bench/results. */
export async function writePage(): Promise<void> {
  const files = await generatedPage();
  await mkdir(CHARTS, { recursive: true });
  const charts = (await readdir(CHARTS)).map((name) => `charts/${name}`);
  const old = charts.filter((path) => files[path] === undefined);
  await Promise.all(old.map((path) => rm(new URL(path, BENCH))));
  await Promise.all(Object.entries(files).map(([path, text]) => writeFile(new URL(path, BENCH), text)));
}

/** What the page and its charts are to be. */
export async function generatedPage(): Promise<Files> {
  const names = (await readdir(RESULTS)).filter((name) => name.endsWith('.json')).sort();
  const read = names.map(async (name) => [
    name.slice(0, -'.json'.length),
    JSON.parse(await readFile(new URL(name, RESULTS), 'utf8')),
  ]);
  return pageOf(Object.fromEntries(await Promise.all(read)) as Partial<Results>);
}

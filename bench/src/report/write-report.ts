import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { Results } from '../results.js';
import { reportOf } from './report.js';

const PAGE = new URL('../../RESULTS.md', import.meta.url);
const RESULTS = new URL('../../results/', import.meta.url);
const [BEGIN, END] = ['<!-- generated: begin -->\n\n', '\n\n<!-- generated: end -->'];

/** Writes the tables of bench/RESULTS.md between the markers; the rest of the page is written by hand. */
export async function writeReport(): Promise<void> {
  await writeFile(PAGE, await generatedPage());
}

/** The content of bench/RESULTS.md with the tables of the stored results. */
export async function generatedPage(): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < 0) throw new Error('bench/RESULTS.md has no markers for its tables');
  return `${page.slice(0, begin)}${BEGIN}${reportOf(await storedResults())}${page.slice(end)}`;
}

async function storedResults(): Promise<Partial<Results>> {
  const names = (await readdir(RESULTS)).filter((name) => name.endsWith('.json')).sort();
  const read = names.map(async (name) => [
    name.slice(0, -'.json'.length),
    JSON.parse(await readFile(new URL(name, RESULTS), 'utf8')),
  ]);
  return Object.fromEntries(await Promise.all(read));
}

// Renders and lints the chart with Helm's own library, in Java: no helm binary is needed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dump, load } from 'js-yaml';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * Renders a chart with each of the given values.
 *
 * @param {string} chart the folder of the chart
 * @param {Record<string, object>} cases values by name
 * @param {string[]} linted the cases for which the chart is linted, with those values as its defaults
 * @returns {Map<string, { manifests?: object[], error?: string, lint?: string }>}
 */
export function render(chart, cases, linted) {
  const folder = mkdtempSync(join(tmpdir(), 'wxa-chart-'));
  try {
    for (const [name, values] of Object.entries(cases))
      writeFileSync(join(folder, `${name}.values.yaml`), dump(values));
    mkdirSync(join(folder, 'charts'));
    for (const name of linted) copyWithDefaults(chart, cases[name], join(folder, 'charts', name));
    copyWithoutHooks(chart, join(folder, 'chart'));
    const program = [
      '-cp',
      join(helmJars(), '*'),
      join(HERE, 'HelmCheck.java'),
      join(folder, 'chart'),
      folder,
    ];
    execFileSync('java', program, { stdio: ['ignore', 'ignore', 'pipe'] });
    return new Map(Object.keys(cases).map((name) => [name, resultOf(join(folder, name))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function resultOf(path) {
  const read = (suffix) => (existsSync(path + suffix) ? readFileSync(path + suffix, 'utf8') : undefined);
  const manifests = read('.manifests.yaml')
    ?.split(/^---$/m)
    .map((text) => load(text))
    .filter((manifest) => manifest != null);
  return { manifests, error: read('.error.txt'), lint: read('.lint.txt') };
}

/** `helm lint` of the library takes no values. */
function copyWithDefaults(chart, values, to) {
  cpSync(chart, to, { recursive: true, dereference: true });
  const file = join(to, 'values.yaml');
  writeFileSync(file, dump(merged(load(readFileSync(file, 'utf8')), values)));
}

/** The library renders no hooks, so they are made manifests like the others, with `unhooked/hook` as annotation. */
function copyWithoutHooks(chart, to) {
  cpSync(chart, to, { recursive: true, dereference: true });
  for (const file of readdirSync(join(to, 'templates'))) {
    const path = join(to, 'templates', file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('helm.sh/hook', 'unhooked/hook'));
  }
}

/** `values` over `defaults`, as Helm merges them: maps by key, lists whole. */
export function merged(defaults, values) {
  const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap(defaults) || !isMap(values)) return values;
  const entries = Object.entries(values).map(([key, value]) => [key, merged(defaults[key], value)]);
  return { ...defaults, ...Object.fromEntries(entries) };
}

/** The folder with the jars, which Maven fetches once per user and pom. */
function helmJars() {
  const pom = join(HERE, 'pom.xml');
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 8);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wxa-code');
  const folder = join(cache, `helm-${hash}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const partial = mkdtempSync(join(cache, 'fetching-'));
  const args = ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`];
  execFileSync('mvn', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  renameSync(partial, folder);
  return folder;
}

// `node clients/asyncapi/compare.js OLD NEW` compares two AsyncAPI documents and fails if the new one breaks consumers.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';

/** Members in which a change breaks nobody. */
const FREE = new Set([
  'description',
  'summary',
  'examples',
  'version',
  'title',
  'partitions',
  'topicConfiguration',
]);
/** Lists that only grow. */
const GROWING = new Set(['enum', 'required']);

/**
 * What a new document removes or changes that consumers rely on: channels, messages, headers, properties, enum values, types,
 * addresses. Each as `path: what`. Additions are not listed.
 */
export function brokenBy(before, after, path = '') {
  if (Array.isArray(before)) return brokenList(before, after, path);
  if (before === null || typeof before !== 'object') {
    return before === after ? [] : [`${path}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`];
  }
  return Object.entries(before)
    .filter(([name]) => !FREE.has(name) || path.endsWith('/properties'))
    .flatMap(([name, value]) => {
      const at = `${path}/${name}`;
      const now = after?.[name];
      return now === undefined ? [`${at}: removed`] : brokenBy(value, now, at);
    });
}

function brokenList(before, after, path) {
  const name = path.split('/').at(-1);
  if (!GROWING.has(name) && name !== 'oneOf' && name !== 'anyOf' && name !== 'allOf') {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [`${path}: changed`];
  }
  const now = new Set((after ?? []).map((each) => JSON.stringify(each)));
  // The last member of a oneof says that none of the others is set; it grows with them.
  const grows = (each) => each?.not !== undefined;
  return before
    .filter((each) => !grows(each) && !now.has(JSON.stringify(each)))
    .map((each) => `${path}: ${JSON.stringify(each)} removed`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [before, after] = process.argv.slice(2).map((file) => load(readFileSync(file, 'utf8')));
  const broken = brokenBy(before, after);
  for (const line of broken) console.error(`asyncapi ${line}`);
  process.exitCode = broken.length > 0 ? 1 : 0;
}

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMPILER = join(ROOT, 'node_modules/typescript-native/bin/tsc');
const OPTIONS =
  '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --target es2022 --pretty false'.split(
    ' ',
  );

/**
 * Compares values with TypeScript types. Of an object literal the compiler accepts no unknown field, no wrong type
 * and no missing field, which the validators of these packages do not all reject.
 *
 * @param {{ name: string, from: string, type: string, value: object, isWrong?: boolean }[]} documents with the module
 *   that the type is imported from; `isWrong`: it is an error if the value is accepted
 * @returns {string[]} the errors, each with the name of its document
 */
export function typeErrors(documents) {
  const lines = documents.map(({ from, type, value, isWrong }, i) => [
    `import type { ${type} as T${i} } from '${from}';`,
    isWrong ? '// @ts-expect-error' : '',
    `export const v${i}: T${i} = ${JSON.stringify(value)};`,
  ]);
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'node_modules/.cache/typecheck-'));
  try {
    const file = join(folder, 'values.ts');
    writeFileSync(file, lines.flat().join('\n'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMPILER, ...OPTIONS, file], {
      encoding: 'utf8',
    });
    if (status === 0) return [];
    const found = [...stdout.matchAll(/values\.ts\((\d+),\d+\): error TS\d+: (.*)/g)];
    if (found.length === 0) return [stdout + stderr];
    return found.map(([, line, message]) => `${documents[Math.floor((line - 1) / 3)].name}: ${message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

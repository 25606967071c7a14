import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/** Whether one of the files that Jest runs, or a file of `test/` that it imports, contains the text. */
export function isMentioned(text, globalConfig) {
  const folder = join(globalConfig.rootDir, 'test');
  const seen = new Set();
  const mentions = (file) => {
    if (seen.has(file)) return false;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    return source.includes(text) || importsOf(file, source).some(mentions);
  };
  return filesOf(folder).filter(isSelected(globalConfig)).some(mentions);
}

function isSelected({ rootDir, runTestsByPath, nonFlagArgs, testPathPatterns }) {
  if (runTestsByPath) return (file) => nonFlagArgs.some((path) => resolve(path) === file);
  if (!testPathPatterns.isSet()) return (file) => file.endsWith('.spec.ts');
  const selected = testPathPatterns.toExecutor({ rootDir });
  return (file) => selected.isMatch(file);
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.ts') && !path.startsWith(`dist${sep}`))
    .map((path) => join(folder, path));
}

function importsOf(file, source) {
  return [...source.matchAll(/from '(\.[^']+)\.js'/g)]
    .map(([, path]) => join(dirname(file), `${path}.ts`))
    .filter((path) => existsSync(path));
}

import { readdirSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

/** Whether Jest runs any spec under `test/`, the only ones that may use PostgreSQL and Kafka. */
export function needsStack({ rootDir, runTestsByPath, nonFlagArgs, testPathPatterns }) {
  const folder = join(rootDir, 'test');
  if (runTestsByPath) return nonFlagArgs.some((path) => resolve(path).startsWith(folder + sep));
  if (!testPathPatterns.isSet()) return true;
  const selected = testPathPatterns.toExecutor({ rootDir });
  return specs(folder).some((path) => selected.isMatch(path));
}

function specs(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

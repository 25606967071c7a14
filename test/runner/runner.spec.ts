import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { useFolder } from '../use-folder.js';
import Runner from './runner.js';

const SPEC = `import { it } from '@jest/globals';
it('passes', () => undefined);
`;

const folder = useFolder();

/** Runs files with these names and texts; returns what happened. */
async function run(files: Record<string, string>): Promise<string[]> {
  const config = { testTimeout: 5_000, slowTestThreshold: 5 };
  const tests = Object.entries(files).map(([name, text]) => {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, text);
    return { path, name, context: { config } };
  });
  const steps: string[] = [];
  await new Runner({ maxWorkers: 2 }).runTests(
    tests,
    { isInterrupted: () => false },
    async ({ name }) => void steps.push(`${name} starts`),
    async ({ name }, { numPassingTests }) => void steps.push(`${name} ends, ${numPassingTests} passed`),
  );
  return steps;
}

it('A file that judges times starts when all others have ended', async () => {
  const steps = await run({ alone: `/** @alone Judges a rate. */\n${SPEC}`, one: SPEC, two: SPEC });
  expect(steps).toHaveLength(6);
  expect(steps.slice(4)).toEqual(['alone starts', 'alone ends, 1 passed']);
});

it('A parameter for which a row of it.each has no value is undefined', async () => {
  const rows = `import { expect, it } from '@jest/globals';
it.each([['a'], ['b', 1]])('row %s', (name, given) => {
  expect(given).toBe(name === 'a' ? undefined : 1);
});
`;
  expect(await run({ rows })).toEqual(['rows starts', 'rows ends, 2 passed']);
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { useFolder } from '../use-folder.js';
import Runner from './runner.js';

const SPEC = `import { it } from '@jest/globals';
it('passes', () => undefined);
`;

const folder = useFolder();

it('A file that judges times starts when all others have ended', async () => {
  const config = { testTimeout: 5_000, slowTestThreshold: 5 };
  const tests = ['alone', 'one', 'two'].map((name) => {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, name === 'alone' ? `/** @alone Judges a rate. */\n${SPEC}` : SPEC);
    return { path, name, context: { config } };
  });
  const steps: string[] = [];
  await new Runner({ maxWorkers: 2 }).runTests(
    tests,
    { isInterrupted: () => false },
    async ({ name }) => void steps.push(`${name} starts`),
    async ({ name }, { numPassingTests }) => void steps.push(`${name} ends, ${numPassingTests} passed`),
  );
  expect(steps).toHaveLength(6);
  expect(steps.slice(4)).toEqual(['alone starts', 'alone ends, 1 passed']);
});

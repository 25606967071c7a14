import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { useFolder } from '../use-folder.js';

const CHILD = new URL('./child.js', import.meta.url);
const SPEC = `import { afterAll, it } from '@jest/globals';
afterAll(() => { throw new Error('secrets were written'); });
it('passes', () => undefined);
`;

const folder = useFolder();

it('A spec file whose tests pass fails if a hook after them fails, as the end of a world does', async () => {
  const path = join(folder, 'world.mjs');
  writeFileSync(path, SPEC);
  const child = fork(CHILD);
  child.send({ path, unneeded: [], testTimeout: 5_000, slowTestThreshold: 5 });
  const [result] = await once(child, 'message');
  child.disconnect();
  const failed = { stack: expect.stringContaining('secrets were written') };
  expect(result).toMatchObject({ numPassingTests: 1, numFailingTests: 0, testExecError: failed });
});

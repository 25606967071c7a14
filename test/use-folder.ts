import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** Makes a folder for the tests of a spec file, and deletes it after them. */
export function useFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wxa-spec-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

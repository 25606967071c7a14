import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs promtool over files in a folder of their own.
 *
 * @param {string[]} args such as ['check', 'rules', 'a.yaml']
 * @param {Record<string, string>} files text by name
 * @returns {string[]} its output as one error, if it fails
 */
export function promtoolErrors(args, files) {
  const folder = mkdtempSync(join(tmpdir(), 'wxa-promtool-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const { status, stdout, stderr, error } = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
    return status === 0 ? [] : [`promtool: ${error?.message ?? stdout + stderr}`];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The built production image: its metadata, its size and its content.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { contentFaults, packageFaults } from '../image/content.js';
import { sbom } from '../packages/sbom.js';

const MAX_BYTES = 350 * 1000 ** 2;

/** Resolves with what was measured. */
export async function checkImage(engine, image) {
  const [{ Size, Config, RootFS }] = JSON.parse(await engine.docker('image', 'inspect', image));
  equal(Config.User, '1000:1000');
  ok(Size <= MAX_BYTES, `${image} has ${Size} bytes`);
  const list = ['find', image, '/', '-xdev', '!', '-type', 'd', '-printf', '%m %P\\n'];
  const listed = await engine.docker('run', '--rm', '--user', '0', '--entrypoint', ...list);
  const files = listed.split('\n').filter(Boolean).map(toFile);
  deepEqual(contentFaults(files), []);
  deepEqual(packageFaults(files, sbom()), []);
  return `${Math.round(Size / 1000 ** 2)} MB, ${files.length} files, ${RootFS.Layers.length} layers`;
}

function toFile(line) {
  const [mode, ...path] = line.split(' ');
  // A link has all rights, which mean nothing.
  return { mode: mode === '777' ? 0o755 : Number.parseInt(mode, 8), path: path.join(' ') };
}

// Builds the application into apps/console/dist/web, each file also compressed. Does nothing if no file that it is made of has changed.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist/web/', import.meta.url));
const STAMP = join(BUILT, '.made-of');
const INPUTS = [
  'package-lock.json',
  'apps/console/web/*.{js,html,json}',
  'apps/console/web/src/**/*.{ts,tsx,css}',
  'libs/contracts/src/{operation-reasons,rollout-explanations,undo-apis}.ts',
];

const madeOf = hashOf(globSync(INPUTS, { cwd: REPOSITORY }).sort());
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== madeOf) {
  const { build } = await import('vite');
  await build({ configFile: fileURLToPath(new URL('vite.config.js', import.meta.url)) });
  await compress(join(BUILT, 'static'));
  writeFileSync(STAMP, madeOf);
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(REPOSITORY, file)));
  return hash.digest('hex');
}

/** At the highest levels, which take seconds of threads beside this one: a file is compressed once and loaded often. */
async function compress(folder) {
  const write = async (name, compressed) => writeFileSync(join(folder, name), await compressed);
  await Promise.all(
    readdirSync(folder).flatMap((name) => {
      const content = readFileSync(join(folder, name));
      return [
        write(`${name}.gz`, promisify(gzip)(content, { level: 9 })),
        write(`${name}.br`, promisify(brotliCompress)(content)),
      ];
    }),
  );
}

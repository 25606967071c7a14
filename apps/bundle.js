// Writes dist/bundle.js of each program: itself and all modules that it loads, because Node takes half the CPU to load one file
// that it takes for 2,700 (docs/decisions/cost-of-an-operation.md). Does nothing if no file that they are made of has changed.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const PROGRAMS = ['console', 'gateway', 'release-worker', 'wechat-sim'];
const REPOSITORY = fileURLToPath(new URL('../', import.meta.url));
const STAMP = fileURLToPath(new URL('gateway/dist/.bundles-made-of', import.meta.url));
const INPUTS = ['package-lock.json', 'apps/bundle.js', '{apps,libs}/*/dist/**/*.js'];
const OUTPUTS = ['apps/*/dist/bundle.js', 'apps/console/dist/web/**'];

process.chdir(REPOSITORY);
const madeOf = hashOf(globSync(INPUTS, { exclude: [...OUTPUTS, '**/*.spec.js'] }).sort());
const isWhole = [STAMP, ...PROGRAMS.map((program) => `apps/${program}/dist/bundle.js`)].every(existsSync);
if (!isWhole || readFileSync(STAMP, 'utf8') !== madeOf) {
  // An interrupted build is repeated.
  rmSync(STAMP, { force: true });
  await Promise.all(PROGRAMS.map((program) => bundle(`apps/${program}/dist`)));
  writeFileSync(STAMP, madeOf);
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

async function bundle(dist) {
  const program = await rolldown({
    input: `${dist}/main.js`,
    platform: 'node',
    treeshake: false,
    plugins: [relocated(dist)],
    // Packages that Nest and others load only if they are installed.
    onLog: (level, log, report) => log.code !== 'UNRESOLVED_IMPORT' && report(level, log),
  });
  await program.write({
    file: `${dist}/bundle.js`,
    codeSplitting: false,
    banner: 'const BUNDLE_FOLDER = import.meta.dirname;',
  });
}

/** What a module finds beside itself is elsewhere for a bundle: files of its package, and packages that Nest loads when it starts. */
function relocated(dist) {
  return {
    name: 'relocated',
    transform: {
      filter: { id: /\bnode_modules\b/, code: /\b__dirname\b|createRequire\(import\.meta\.url\)\(/ },
      handler: (code, id) =>
        code
          .replace(/\b__dirname\b/g, `(BUNDLE_FOLDER + ${JSON.stringify(`/${relative(dist, dirname(id))}`)})`)
          .replaceAll('createRequire(import.meta.url)(', 'require('),
    },
  };
}

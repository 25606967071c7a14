// `npm test` runs all specs except those of `npm run check:nightly`. `npm run check:long` runs the specs that have a long form, one
// at a time. With arguments either runs Jest with these.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FOLDERS } from './nightly.js';

const JEST = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));

// Node keeps the compiled code of the modules of Jest, the apps and `wxa` there, which later processes load instead of
// compiling them.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url));

const given = process.argv.slice(2);
const options = given.length > 0 ? given : process.env.CHECK === 'long' ? longForms() : withoutNightly();
const jest = spawn(process.execPath, [JEST, ...options], { stdio: 'inherit' });
// A terminal sends Ctrl-C to both processes, and a caller SIGTERM only to this one.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => jest.kill('SIGTERM'));
const [status] = await once(jest, 'exit');
process.exitCode = status ?? 1;

function withoutNightly() {
  return ['--testPathIgnorePatterns', ...Object.keys(FOLDERS).map((name) => `/test/${name}/`)];
}

function longForms() {
  const specs = globSync('test/**/*.spec.ts').filter((path) =>
    readFileSync(path, 'utf8').includes('byLength('),
  );
  return ['--runInBand', ...specs];
}

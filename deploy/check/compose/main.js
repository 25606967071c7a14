// `npm run check:compose`: runs the compose files on an engine of its own (docs/compose.md). CHECK=long runs all steps, CHECK=image
// only those that need nothing but the image.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopPrograms } from '../programs.js';
import { installEngine, startEngine } from './engine.js';
import { LONG_STEPS } from './long-steps.js';
import { productionEnv } from './production-env.js';
import { Project } from './project.js';
import { buildStandIns } from './stand-ins.js';
import { IMAGE_STEPS, STEPS } from './steps.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Kept for the next run: the engine with its stand-ins and its build cache. */
const FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wxa-code/engine');

if (process.env.CHECK_COMPOSE === 'skip') {
  console.error('\nNOT CHECKED: CHECK_COMPOSE=skip skips the run of the compose files.\n');
  process.exit(0);
}
const begin = performance.now();
const progress = (line) =>
  console.log(`${((performance.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${line}`);

let engine;
const stop = async () => engine?.stop();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    progress(`${signal}: the engine stops`);
    stopPrograms();
    void stop().finally(() => process.exit(130));
  });

try {
  await run();
  progress('the compose files and the images are as they should be');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stop();
}

async function run() {
  await installEngine();
  engine = await startEngine(FOLDER);
  progress('the engine runs');
  await buildStandIns(
    engine,
    imagesOf(
      readFileSync(join(ROOT, 'Dockerfile'), 'utf8'),
      readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'),
    ),
    progress,
  );
  const project = new Project(engine, ROOT, { name: 'wxa-check' });
  const production = new Project(engine, ROOT, {
    name: 'wxa-check-production',
    file: 'docker-compose.production.yml',
    env: await productionEnv(join(FOLDER, 'secrets')),
    offset: 200,
  });
  const context = { project, production };
  await project.remove();
  await project.compose('build');
  progress('built');
  const steps = { image: IMAGE_STEPS, long: [...STEPS, ...LONG_STEPS] }[process.env.CHECK] ?? STEPS;
  for (const [title, step] of steps) {
    const result = await step(context).catch(async (error) => {
      const logs = await project.compose('logs', '--no-color', '--tail', '10').catch(() => '');
      throw new Error(`${title}: ${error.message}\n${logs}`, { cause: error });
    });
    progress(`✓ ${title}${result === undefined ? '' : `: ${result}`}`);
  }
  await project.remove();
}

function imagesOf(dockerfile, compose) {
  const image = (text, pattern) => pattern.exec(text)?.[1] ?? '';
  return {
    node: image(dockerfile, /^ARG NODE_IMAGE=(.+)$/m),
    postgres: image(compose, /image: (postgres:.+)$/m),
    kafka: image(compose, /image: (apache\/kafka:.+)$/m),
  };
}

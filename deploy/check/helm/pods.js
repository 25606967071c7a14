import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folders whose code a container runs. */
const FOLDERS = {
  gateway: ['apps/gateway/src', 'libs'],
  worker: ['apps/release-worker/src', 'libs'],
  console: ['apps/console/src', 'libs'],
  migrate: ['apps/cli/src', 'libs'],
};
/** The process needs this long after its own limits to end. */
const SPARE_MS = 10_000;

/**
 * The errors of the pods among some manifests: environment variables, probes and programs that the code does not have,
 * files in no volume, or a grace period that is too short.
 *
 * @param {string} root of the repository
 * @param {[name: string, manifest: object][]} named
 * @returns {string[]}
 */
export function podErrors(root, named) {
  const texts = Object.fromEntries(
    Object.entries(FOLDERS).map(([app, folders]) => [app, textOf(root, folders)]),
  );
  return named
    .filter(([, { kind }]) => kind === 'Deployment' || kind === 'Job')
    .flatMap(
      ([
        name,
        {
          kind,
          spec: { template },
        },
      ]) => {
        const [container] = template.spec.containers;
        const text = texts[container.name];
        return [
          ...envErrors(container, text),
          ...fileErrors(container),
          ...programErrors(root, container),
          ...(kind === 'Deployment' ? probeErrors(container, text) : []),
          ...(kind === 'Deployment' ? graceErrors(template.spec, container) : []),
          ...securityErrors(template.spec, container),
        ].map((error) => `${name}: ${error}`);
      },
    );
}

function envErrors({ env }, text) {
  return env.flatMap(({ name, value }) => [
    ...(reads(text, name) ? [] : [`no app reads ${name}`]),
    ...(/^\d[\d.]*e\+/.test(value) ? [`${name} is ${value}`] : []),
  ]);
}

/** Any setting NAME can be NAME_FILE; what is a file by its nature is named so in the code. */
function reads(text, name) {
  const has = (setting) => new RegExp(`\\b${setting}\\b`).test(text);
  return has(name) || (name.endsWith('_FILE') && has(name.slice(0, -'_FILE'.length)));
}

function fileErrors({ env, volumeMounts }) {
  const folders = volumeMounts.map(({ mountPath }) => `${mountPath}/`);
  return env
    .flatMap(({ name, value }) => [...value.matchAll(/\/etc\/wxa\/[^&]*/g)].map(([path]) => ({ name, path })))
    .filter(({ path }) => !folders.some((folder) => path.startsWith(folder)))
    .map(({ name, path }) => `${name}: ${path} is in no volume`);
}

function programErrors(root, { command }) {
  const program = command.slice(1).find((word) => !word.startsWith('-'));
  const source = program.replace(/\/dist\/(bundle|main)\.js$/, '/src/main.ts');
  return existsSync(join(root, source)) ? [] : [`${source} does not exist`];
}

function probeErrors(container, text) {
  const admin = container.ports.find(({ name }) => name === 'admin')?.containerPort;
  const address = container.env.find(
    ({ name }) => name === 'ADMIN_ADDR' || name === 'WORKER_HTTP_ADDR',
  )?.value;
  return [
    ...['startupProbe', 'readinessProbe', 'livenessProbe'].flatMap((probe) => {
      const { path, port } = container[probe]?.httpGet ?? {};
      if (port !== 'admin') return [`${probe} is not HTTP on the admin listener`];
      return text.includes(`'${path}'`) ? [] : [`${probe}: no app serves ${path}`];
    }),
    ...(address?.endsWith(`:${admin}`) ? [] : [`the admin port ${admin} is not that of ${address}`]),
  ];
}

function graceErrors({ terminationGracePeriodSeconds }, { env }) {
  const ms = (setting) => Number(env.find(({ name }) => name === setting)?.value ?? 0);
  const needed = (ms('SHUTDOWN_DELAY_MS') + ms('SHUTDOWN_GRACE_MS') + SPARE_MS) / 1000;
  return terminationGracePeriodSeconds >= needed ? [] : [`a grace period below ${needed} s`];
}

function securityErrors({ securityContext, automountServiceAccountToken }, container) {
  const own = container.securityContext;
  const isSecure =
    securityContext.runAsNonRoot &&
    securityContext.runAsUser === 1000 &&
    securityContext.seccompProfile.type === 'RuntimeDefault' &&
    own.readOnlyRootFilesystem &&
    own.capabilities.drop.includes('ALL') &&
    automountServiceAccountToken === false;
  return isSecure ? [] : ['the pod is not confined'];
}

function textOf(root, folders) {
  return folders
    .flatMap((folder) => sources(join(root, folder)))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : sources(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}

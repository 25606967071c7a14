// Checks the Helm chart without a cluster: it is rendered with four sets of values, linted, and its manifests are
// compared with the types of Kubernetes and with the code; insecure and invalid values must be rejected, each with its
// own message; the scaling query is tested by promtool. Prints all errors; exits with 1 if there is one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { POOLS } from '@wxa/postgres';
import { dump, load } from 'js-yaml';
import { promtoolErrors } from '../promtool.js';
import { manifestErrors } from './models.js';
import { podErrors } from './pods.js';
import { merged, render } from './render.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CHART = process.argv[2] ?? join(ROOT, 'deploy/helm/wxa-code');
/** Every kind that the chart can make; the full set has all but Ingress. */
const KINDS =
  `ConfigMap Deployment HTTPRoute HorizontalPodAutoscaler Ingress Job NetworkPolicy PodDisruptionBudget
  PrometheusRule ScaledObject Service ServiceAccount ServiceMonitor`.split(/\s+/);

const { refused: REFUSALS, invalid: INVALID } = read('deploy/check/helm/refusals.yaml');
const sets = valueSets();
const refused = casesOf(REFUSALS);
const invalid = casesOf(INVALID);
const results = render(CHART, { ...sets, ...refused, ...invalid }, Object.keys(sets));
const named = Object.keys(sets).flatMap((set) =>
  (results.get(set).manifests ?? []).map((manifest) => [
    `${set}: ${manifest.kind} ${manifest.metadata.name}`,
    manifest,
  ]),
);

const full = named.filter(([name]) => name.startsWith('full: '));
const errors = [
  ...Object.keys(sets).flatMap(setErrors),
  ...Object.entries({ ...REFUSALS, ...INVALID }).flatMap(([name, [, message]]) =>
    refusalErrors(name, message),
  ),
  ...missingKinds(),
  ...hookErrors(),
  ...linkErrors(),
  ...addressErrors(),
  ...ingressErrors(),
  ...egressErrors(),
  ...(await manifestErrors(named)),
  ...podErrors(ROOT, named),
  ...consoleErrors(),
  ...queryErrors(),
  ...notesErrors(),
];
for (const error of errors) console.error(error);
if (errors.length > 0) process.exit(1);
console.log(`${named.length} manifests, ${Object.keys(REFUSALS).length} refusals, no error`);

/** The notes count the connections of all pools. */
function notesErrors() {
  const sum = Object.values(POOLS).reduce((total, { max }) => total + max, 0);
  const notes = readFileSync(join(CHART, 'templates/NOTES.txt'), 'utf8');
  return notes.includes(`add .Values.database.poolSize ${sum})`)
    ? []
    : [`NOTES.txt: not database.poolSize and the ${sum} connections of POOLS`];
}

/** Each documented setting of the console has a value of the chart. */
function consoleErrors() {
  const page = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith('Console')) ?? '';
  const cells = section.match(/^\| `[^|]+\|/gm) ?? [];
  const documented = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
  // Its URL is of another machine, so that it refuses well-known secrets anyway.
  const settings = documented.filter((name) => name !== 'WECHAT_API_URL');
  const template = readFileSync(join(CHART, 'templates/_env.tpl'), 'utf8');
  const [, console = ''] = /define "wxa\.consoleEnv"(.*?)define/s.exec(template) ?? [];
  const isSet = (name) => new RegExp(`^${name}(_FILE)?:`, 'm').test(console);
  return settings.filter((name) => !isSet(name)).map((name) => `no value of the chart sets ${name}`);
}

function valueSets() {
  const folder = 'deploy/check/helm/values';
  const files = readdirSync(join(ROOT, folder));
  return Object.fromEntries(files.map((file) => [file.replace('.yaml', ''), read(`${folder}/${file}`)]));
}

function read(path) {
  return load(readFileSync(join(ROOT, path), 'utf8'));
}

function casesOf(table) {
  return Object.fromEntries(
    Object.entries(table).map(([name, [values]]) => [name, merged(sets.minimal, values)]),
  );
}

function setErrors(name) {
  const { error, lint } = results.get(name);
  return [
    ...(error === undefined ? [] : [`${name}: ${error}`]),
    ...(lint === undefined ? [] : [`${name}: helm lint: ${lint}`]),
  ];
}

function refusalErrors(name, message) {
  const { error = '' } = results.get(name);
  const reasons = error
    .split('\n')
    .filter((line) => /^(- |[\w.]+ )/.test(line) && /required|must|- /.test(line));
  if (!error.includes(message)) return [`${name}: not rejected with "${message}": ${error}`];
  return reasons.length > 1 ? [`${name}: more than one message: ${error}`] : [];
}

function missingKinds() {
  const found = new Set(named.map(([, { kind }]) => kind));
  return KINDS.filter((kind) => !found.has(kind)).map((kind) => `no set makes a ${kind}`);
}

/** The migration has to end before the Deployments change. */
function hookErrors() {
  const jobs = named.filter(([, { kind }]) => kind === 'Job');
  return jobs
    .filter(([, { metadata }]) => metadata.annotations['unhooked/hook'] !== 'pre-install,pre-upgrade')
    .map(([name]) => `${name}: not a hook before install and upgrade`);
}

/** Both apps refuse secrets that everybody knows, unless WeChat's API is a simulator. */
function addressErrors() {
  const apps = named.filter(([name]) => /Deployment wxa-(gateway|worker)$/.test(name));
  return apps
    .filter(
      ([, { spec }]) => !spec.template.spec.containers[0].env.some(({ name }) => name === 'WECHAT_API_URL'),
    )
    .map(([name]) => `${name}: no WECHAT_API_URL`);
}

function appOf({ metadata }) {
  return metadata.labels['app.kubernetes.io/component'];
}

/** Each port of a pod of the full set is reached from the peers of its own rule only. */
function ingressErrors() {
  const rules = new Map(
    full
      .filter(([, { kind }]) => kind === 'NetworkPolicy')
      .map(([, manifest]) => [appOf(manifest), manifest.spec.ingress ?? []]),
  );
  const isOpen = (port, of) =>
    !rules.get(of)?.some(({ from, ports }) => from?.length && ports[0].port === port);
  return full
    .filter(([, { kind }]) => kind === 'Deployment')
    .flatMap(([name, manifest]) =>
      manifest.spec.template.spec.containers[0].ports
        .filter((port) => isOpen(port.name, appOf(manifest)))
        .map((port) => `${name}: no rule says who reaches the port ${port.name}`),
    );
}

/** Each pod of the full set has a policy, and all its ways out but DNS have a destination. */
function egressErrors() {
  const policies = full.filter(([, { kind }]) => kind === 'NetworkPolicy');
  const covered = new Set(policies.map(([, manifest]) => appOf(manifest)));
  const isOpen = ({ to, ports }) => to === undefined && ports.some(({ port }) => port !== 53);
  return [
    ...full
      .filter(([, { kind }]) => kind === 'Deployment' || kind === 'Job')
      .filter(([, manifest]) => !covered.has(appOf(manifest)))
      .map(([name]) => `${name}: no network policy`),
    ...policies
      .filter(([, { spec }]) => spec.egress.some(isOpen))
      .map(([name]) => `${name}: reaches any host on a port`),
  ];
}

/** Neither Alertmanager nor Grafana knows where the runbooks are. */
function linkErrors() {
  const base = sets.full.monitoring.runbookBaseUrl;
  return full
    .filter(([, manifest]) => /"docs\/runbooks\.md/.test(JSON.stringify(manifest)))
    .map(([name]) => `${name}: a link to a runbook does not begin with ${base}`);
}

/** The query that KEDA asks, as a rule, because promtool tests rules. */
function queryErrors() {
  const { spec } = named.find(([, { kind }]) => kind === 'ScaledObject')[1];
  const rules = [{ record: 'wxa:workers_wanted', expr: spec.triggers[0].metadata.query }];
  return promtoolErrors(['test', 'rules', 'test.yaml'], {
    'test.yaml': readFileSync(join(ROOT, 'deploy/check/helm/workers-wanted.test.yaml'), 'utf8'),
    'workers-wanted.rules.yaml': dump({ groups: [{ name: 'scaling', rules }] }),
  });
}

import { typeErrors } from '../typecheck.js';

/** The package with the type and the validator of each API. */
const PACKAGES = {
  v1: 'kubernetes-models',
  'apps/v1': 'kubernetes-models',
  'batch/v1': 'kubernetes-models',
  'policy/v1': 'kubernetes-models',
  'autoscaling/v2': 'kubernetes-models',
  'networking.k8s.io/v1': 'kubernetes-models',
  'keda.sh/v1alpha1': '@kubernetes-models/keda',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api',
};

/** Manifests that must be rejected, so that an accepted one is an error of the check. */
const WRONG = [
  ['an unknown field', (deployment) => Object.assign(deployment.spec, { replica: 3 })],
  [
    'an unknown field of a container',
    (deployment) => Object.assign(deployment.spec.template.spec.containers[0], { commands: ['a'] }),
  ],
  ['a wrong type', (deployment) => Object.assign(deployment.spec, { replicas: '3' })],
  ['a missing field', (deployment) => delete deployment.spec.selector],
];

/**
 * The errors of manifests: by the validators of kubernetes-models for formats and patterns, and by its types for
 * unknown fields, which the validators accept.
 *
 * @param {[name: string, manifest: object][]} named
 * @returns {Promise<string[]>}
 */
export async function manifestErrors(named) {
  const unknown = named.filter(([, { apiVersion }]) => !(apiVersion in PACKAGES));
  if (unknown.length > 0)
    return unknown.map(([name, { apiVersion }]) => `${name}: unknown API ${apiVersion}`);
  const invalid = await Promise.all(named.map(validationError));
  const [, deployment] = named.find(([, { kind }]) => kind === 'Deployment');
  const wrong = WRONG.map(([title, damage]) => {
    const value = structuredClone(deployment);
    damage(value);
    return { ...typed([`${title} is accepted`, value]), isWrong: true };
  });
  return [...invalid.flat(), ...typeErrors([...named.map(typed), ...wrong])];
}

function typed([name, value]) {
  return { name, from: moduleOf(value.apiVersion), type: `I${value.kind}`, value };
}

async function validationError([name, manifest]) {
  const { [manifest.kind]: Model } = await import(moduleOf(manifest.apiVersion));
  try {
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [`${name}: ${error.message}`];
  }
}

function moduleOf(apiVersion) {
  return `${PACKAGES[apiVersion]}/${apiVersion}`;
}

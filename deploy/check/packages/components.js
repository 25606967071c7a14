import satisfies from 'spdx-satisfies';

const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

const FORBIDDEN = [
  [
    /^prom-client$/,
    'its registry is not that of @prometheus-io/client: metrics would be lost without an error',
  ],
  [
    /^@opentelemetry\/(instrumentation|auto-instrumentations)/,
    "it exports URLs, which contain WeChat's access tokens",
  ],
];
/** Packages whose second copy has a state of its own, or defects that are not patched. */
const ONCE = ['@grpc/grpc-js', '@opentelemetry/api', 'kafkajs'];

const isPackage = ({ purl = '' }) => purl.startsWith('pkg:npm/') && !purl.startsWith('pkg:npm/%40wxa/');

/** The full name of a component of an SBOM. */
function nameOf({ purl }) {
  const [, name] = /^pkg:npm\/(.+)@/.exec(purl) ?? [];
  return decodeURIComponent(name ?? purl);
}

/** Errors of components whose licence is unknown or is not on the list. */
export function licenceErrors(components) {
  return components.filter(isPackage).flatMap((component) => {
    const name = nameOf(component);
    const licence = licenceOf(component);
    if (licence === undefined) return [`${name}: has no licence`];
    return isAllowed(licence) ? [] : [`${name}: the licence ${licence} is none of ${LICENCES.join(', ')}`];
  });
}

function licenceOf({ licenses: [first] = [] }) {
  return first?.expression ?? first?.license?.id ?? first?.license?.name;
}

function isAllowed(licence) {
  try {
    return satisfies(licence, LICENCES);
  } catch {
    return false;
  }
}

/** Errors of components that must not be in the production tree, or only once. */
export function forbiddenErrors(components) {
  const names = components.filter(isPackage).map(nameOf);
  const count = (name) => names.filter((other) => other === name).length;
  return [
    ...FORBIDDEN.flatMap(([pattern, why]) =>
      names.filter((name) => pattern.test(name)).map((name) => `${name}: ${why}`),
    ),
    ...ONCE.filter((name) => count(name) > 1).map((name) => `${name}: is there ${count(name)} times`),
  ];
}

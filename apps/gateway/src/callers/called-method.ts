import { METHODS, type Method, serviceOf } from '@wxa/contracts';
import { METHOD_ACCESS } from '@wxa/policy';

/** Not a method of a policy: every known caller may call it. */
export const REFLECTION = 'reflection';
const REFLECTION_PATHS: ReadonlySet<string> = new Set(
  ['v1', 'v1alpha'].map((version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`),
);

/** By path: `Service/Method`. */
const SERVED: ReadonlyMap<string, string> = new Map(
  Object.keys(METHOD_ACCESS).map((method) => [`/wxa.code.v1.${method}`, method]),
);

const WAITING: ReadonlySet<string> = new Set([
  'Operations/WaitOperation',
  ...(Object.keys(METHODS) as Method[])
    .filter((method) => METHODS[method].kind === 'query')
    .map((method) => `${serviceOf(method)}/${method}`),
]);

/** `Service/Method` of a path of this service, or REFLECTION. No policy allows another path. */
export function calledMethod(path: string): string {
  return SERVED.get(path) ?? (REFLECTION_PATHS.has(path) ? REFLECTION : path.slice(1));
}

/** Whether a call can be open for minutes before it is answered. */
export function isWaiting(method: string): boolean {
  return WAITING.has(method);
}

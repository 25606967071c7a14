import { dirname, join } from 'node:path';
import { beforeAll } from '@jest/globals';
import { eventually } from '../eventually.js';
import { type TestCaller, TestPolicy } from './test-policy.js';

/** How JWTs are checked by the gateway that spec files share; at first it has no keys. */
export const JWT = {
  issuer: 'https://id.example.com',
  audience: 'wxa',
  keysOf: ({ file }: TestPolicy) => join(dirname(file), 'jwks.json'),
};

let policy: TestPolicy | undefined;

/** The policy of the gateway that spec files share. */
function sharedPolicy(): TestPolicy {
  policy ??= new TestPolicy({ nobody: {} });
  return policy;
}

/** The settings of that gateway. */
export function policySettings(): Record<string, string> {
  const shared = sharedPolicy();
  return {
    AUTH_POLICY_FILE: shared.file,
    AUTH_JWT_JWKS: JWT.keysOf(shared),
    AUTH_JWT_ISSUER: JWT.issuer,
    AUTH_JWT_AUDIENCE: JWT.audience,
  };
}

/** Replaces the policy of the shared gateway before the tests of a spec file. */
export function usePolicy(gateway: { http: string }, callers: Record<string, TestCaller>): TestPolicy {
  const shared = sharedPolicy();
  beforeAll(async () => {
    const before = await loadedAt(gateway);
    shared.write(callers);
    await eventually(async () => (await loadedAt(gateway)) > before);
  });
  return shared;
}

/** When the gateway read the policy that is in force. */
export async function loadedAt({ http }: { http: string }): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(/^wxa_policy_loaded_timestamp_seconds (\S+)$/m.exec(text)?.[1]);
}

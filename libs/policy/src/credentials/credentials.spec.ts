import { expect, it } from '@jest/globals';
import { parsePolicy } from '../parse-policy.js';
import type { Found, Policy } from '../policy.js';
import { isApiKey, newApiKey } from './api-key.js';
import { certificateKeys, jwtKeys } from './credential-keys.js';

function policyOf(callers: string): Policy {
  const context = { file: 'p', setFiles: new Map() };
  const { policy, errors } = parsePolicy(`version: 1\ncallers:\n${callers}`, context);
  if (policy === undefined) throw new Error(JSON.stringify(errors));
  return policy;
}
const nameOf = (found: Found) => (typeof found === 'string' ? found : found.caller.name);

const policy = policyOf(`
  - name: mesh
    credentials: [{ uri: "spiffe://example.com/backend" }, { dns: Backend.example.com }]
  - name: oncall
    credentials: [{ cn: "oncall@example.com" }, { jwt: { issuer: "https://id.example.com", subject: "svc:x" } }]
`);

it.each([
  [{ uris: ['spiffe://example.com/backend'] }, 'mesh'],
  [{ dnsNames: ['other.example.com', 'BACKEND.example.com'] }, 'mesh'],
  [{ cn: 'oncall@example.com' }, 'oncall'],
  [{ cn: 'Backend.example.com' }, 'unknown'],
  [{}, 'unknown'],
  [{ uris: ['spiffe://example.com/backend'], cn: 'oncall@example.com' }, 'ambiguous'],
])('A certificate with %j is that of %s', (names, caller) => {
  const none = { uris: [], dnsNames: [], cn: undefined };
  expect(nameOf(policy.callerOf(certificateKeys({ ...none, ...names })))).toBe(caller);
});

it.each([
  ['https://id.example.com', 'svc:x', 'oncall'],
  ['https://id.example.com', 'svc:y', 'unknown'],
  ['https://other.example.com', 'svc:x', 'unknown'],
])('A JWT of %s for %s is that of %s', (issuer, subject, caller) => {
  expect(nameOf(policy.callerOf(jwtKeys(issuer, subject)))).toBe(caller);
});

it('An API key matches by its whole content until the end of its last day in UTC', () => {
  const { key, id, sha256 } = newApiKey();
  const other = newApiKey();
  const keyed = policyOf(`
  - name: shop
    credentials: [{ apiKey: { id: ${id}, sha256: "${sha256}", expires: "2027-03-31" } }, { apiKey: { id: ${other.id}, sha256: "${other.sha256}" } }]
`);
  const [lastDay, nextDay] = [Date.parse('2027-03-31T23:59:59.999Z'), Date.parse('2027-04-01T00:00:00Z')];
  const shop = { caller: { name: 'shop' }, expiresAtMs: nextDay };
  expect(keyed.callerOfApiKey(key, lastDay)).toMatchObject(shop);
  expect(keyed.callerOfApiKey(key, nextDay)).toBe('expired');
  expect(nameOf(keyed.callerOfApiKey(other.key, nextDay))).toBe('shop');
  const secretOfOther = `wxa_${id}_${other.key.slice(-43)}`;
  for (const wrong of [secretOfOther, key.slice(0, -1), `${key}A`, 'wxa_', newApiKey().key])
    expect(keyed.callerOfApiKey(wrong, lastDay)).toBe('unknown');
});

it('A new API key has an id of 8 characters and a secret of 256 bits', () => {
  const { key, id } = newApiKey();
  expect(key).toMatch(new RegExp(`^wxa_${id}_[A-Za-z0-9_-]{43}$`));
  expect(id).toMatch(/^[a-z0-9]{8}$/);
  expect(isApiKey(key)).toBe(true);
  expect(isApiKey('eyJhbGciOiJSUzI1NiJ9.e30.x')).toBe(false);
});

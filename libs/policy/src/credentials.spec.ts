import { describe, expect, it } from '@jest/globals';
import { isApiKey, newApiKey } from './api-key.js';
import { parsePolicy } from './parse-policy.js';
import { certificateKeys, type Found, jwtKeys, type Policy } from './policy.js';

function policyOf(callers: string): Policy {
  const { policy, errors } = parsePolicy(`version: 1\ncallers:\n${callers}`, {
    file: 'p',
    setFiles: new Map(),
  });
  if (policy === undefined) throw new Error(JSON.stringify(errors));
  return policy;
}
const nameOf = (found: Found) => (typeof found === 'string' ? found : found.caller.name);
const none = { uris: [], dnsNames: [], cn: undefined };

describe('credentials', () => {
  const policy = policyOf(`
  - name: mesh
    credentials: [{ uri: "spiffe://example.com/backend" }, { dns: Backend.example.com }]
  - name: oncall
    credentials: [{ cn: "oncall@example.com" }, { jwt: { issuer: "https://id.example.com", subject: "svc:x" } }]
`);

  it('A certificate matches by URI, by DNS name without regard to case, or by common name', () => {
    const by = (names: object) => nameOf(policy.callerOf(certificateKeys({ ...none, ...names })));
    expect(by({ uris: ['spiffe://example.com/backend'] })).toBe('mesh');
    expect(by({ dnsNames: ['other.example.com', 'BACKEND.example.com'] })).toBe('mesh');
    expect(by({ cn: 'oncall@example.com' })).toBe('oncall');
    expect(by({ cn: 'Backend.example.com' })).toBe('unknown');
    expect(by({})).toBe('unknown');
  });

  it('A certificate whose names belong to two callers is ambiguous', () => {
    const names = { uris: ['spiffe://example.com/backend'], dnsNames: [], cn: 'oncall@example.com' };
    expect(policy.callerOf(certificateKeys(names))).toBe('ambiguous');
  });

  it('A JWT matches by issuer and subject together', () => {
    expect(nameOf(policy.callerOf(jwtKeys('https://id.example.com', 'svc:x')))).toBe('oncall');
    expect(policy.callerOf(jwtKeys('https://id.example.com', 'svc:y'))).toBe('unknown');
    expect(policy.callerOf(jwtKeys('https://other.example.com', 'svc:x'))).toBe('unknown');
  });

  it('An API key matches by its whole content until the end of its last day in UTC', () => {
    const { key, id, sha256 } = newApiKey();
    const other = newApiKey();
    const keyed = policyOf(`
  - name: shop
    credentials: [{ apiKey: { id: ${id}, sha256: "${sha256}", expires: "2027-03-31" } }, { apiKey: { id: ${other.id}, sha256: "${other.sha256}" } }]
`);
    const [lastDay, nextDay] = [Date.parse('2027-03-31T23:59:59.999Z'), Date.parse('2027-04-01T00:00:00Z')];
    expect(keyed.callerOfApiKey(key, lastDay)).toMatchObject({
      caller: { name: 'shop' },
      expiresAtMs: nextDay,
    });
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
});

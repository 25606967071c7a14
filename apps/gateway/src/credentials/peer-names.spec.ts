import { describe, expect, it } from '@jest/globals';
import { namesIn } from './peer-names.js';

const subject = { CN: 'oncall' } as Parameters<typeof namesIn>[0]['subject'];

describe('namesIn', () => {
  it('URIs and DNS names are read; other names and the common name beside them are not', () => {
    const subjectaltname =
      'URI:spiffe://example.com/backend, DNS:a.example.com, IP Address:10.0.0.1, DNS:b.example.com';
    expect(namesIn({ subject, subjectaltname })).toEqual({
      uris: ['spiffe://example.com/backend'],
      dnsNames: ['a.example.com', 'b.example.com'],
      cn: undefined,
    });
  });

  it('The common name counts only without any other name', () => {
    const none = { uris: [], dnsNames: [] };
    expect(namesIn({ subject })).toEqual({ ...none, cn: 'oncall' });
    expect(namesIn({ subject, subjectaltname: 'IP Address:10.0.0.1' })).toEqual({ ...none, cn: undefined });
  });

  it('Several common names are none', () => {
    const several = { CN: ['oncall', 'admin'] } as unknown as typeof subject;
    expect(namesIn({ subject: several })?.cn).toBeUndefined();
  });

  it('A quoted value, which contains a separator, makes the names unreadable', () => {
    expect(namesIn({ subject, subjectaltname: 'DNS:"a, DNS:admin.example.com", DNS:b' })).toBeUndefined();
  });
});

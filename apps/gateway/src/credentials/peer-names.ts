import type { PeerCertificate } from 'node:tls';
import type { CertificateNames } from '@wxa/policy';

/**
 * The names in a verified client certificate; undefined if they cannot be read safely. Node quotes a value that contains
 * a separator. No name of a caller needs one, so a certificate with a quoted value is rejected.
 */
export function namesIn({
  subject,
  subjectaltname,
}: Pick<PeerCertificate, 'subject' | 'subjectaltname'>): CertificateNames | undefined {
  if (subjectaltname === undefined || subjectaltname === '') {
    // An array if there are several.
    const cn: unknown = subject?.CN;
    return { uris: [], dnsNames: [], cn: typeof cn === 'string' ? cn : undefined };
  }
  if (subjectaltname.includes('"')) return undefined;
  const entries = subjectaltname.split(', ');
  const valuesOf = (type: string) =>
    entries.filter((entry) => entry.startsWith(type)).map((entry) => entry.slice(type.length));
  return { uris: valuesOf('URI:'), dnsNames: valuesOf('DNS:'), cn: undefined };
}

/** The names in a client certificate. */
export interface CertificateNames {
  uris: readonly string[];
  dnsNames: readonly string[];
  /** The common name, if the certificate has no subject alternative name at all. */
  cn: string | undefined;
}

export type NamedCredential =
  | { jwt: { issuer: string; subject: string } }
  | { uri: string }
  | { dns: string }
  | { cn: string };

/** Identifies a credential. DNS names are compared without regard to case. */
export function credentialKey(credential: NamedCredential): string {
  if ('jwt' in credential) return JSON.stringify(['jwt', credential.jwt.issuer, credential.jwt.subject]);
  if ('uri' in credential) return JSON.stringify(['uri', credential.uri]);
  if ('dns' in credential) return JSON.stringify(['dns', credential.dns.toLowerCase()]);
  return JSON.stringify(['cn', credential.cn]);
}

/** The kind of the credential that a key identifies. */
export function kindOf(key: string): 'jwt' | 'certificate' | 'apiKey' {
  if (key.startsWith('["jwt"')) return 'jwt';
  return key.startsWith('[') ? 'certificate' : 'apiKey';
}

/** The keys by which a policy finds the caller of a JWT. */
export function jwtKeys(issuer: string, subject: string): string[] {
  return [credentialKey({ jwt: { issuer, subject } })];
}

/** The keys by which a policy finds the caller of a client certificate. */
export function certificateKeys({ uris, dnsNames, cn }: CertificateNames): string[] {
  return [
    ...uris.map((uri) => credentialKey({ uri })),
    ...dnsNames.map((dns) => credentialKey({ dns })),
    ...(cn === undefined ? [] : [credentialKey({ cn })]),
  ];
}

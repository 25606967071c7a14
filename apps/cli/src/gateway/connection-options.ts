/** The options of every verb that calls the gateway; each precedes its variable. */
export const CONNECTION_OPTIONS = [
  '--gateway <HOST:PORT>',
  '--ca-file <FILE>',
  '--cert-file <FILE>',
  '--key-file <FILE>',
  '--token-file <FILE>',
  '--plaintext',
] as const;

/** Their values. */
export interface ConnectionValues {
  gateway?: string;
  caFile?: string;
  certFile?: string;
  keyFile?: string;
  tokenFile?: string;
  plaintext?: boolean;
}

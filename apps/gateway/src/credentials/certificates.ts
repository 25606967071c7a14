import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import { experimental, type ServerCredentials } from '@grpc/grpc-js';
import { type Logger, setCertificateExpiry, WatchedFiles } from '@wxa/service';

const { createCertificateProviderServerCredentials } = experimental;
const EVERY_MS = 30_000;
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A certificate chain and its key. */
interface Identity extends experimental.IdentityCertificateUpdate {
  expiresAt: Date;
}

/** The CAs that client certificates are verified against. */
interface Cas extends experimental.CaCertificateUpdate {
  expiresAt: Date;
}

/** The files of the gRPC server's certificates. */
export interface CertificateFiles {
  certificate: string;
  key: string;
  clientCa?: string | undefined;
  /** Whether a client without a certificate is rejected; with a client CA only. */
  requireClientCertificate: boolean;
}

/** Parses a PEM chain and key. Throws if either is invalid, if they do not match, or if the certificate is not valid now. */
export function parseIdentity(
  { certificate, key }: Record<'certificate' | 'key', string>,
  now = Date.now(),
): Identity {
  const [first] = certificatesIn(certificate);
  const [from, until] = [Date.parse(first.validFrom), Date.parse(first.validTo)];
  if (!first.checkPrivateKey(privateKey(key))) throw new Error('the key does not match the certificate');
  if (now < from || now > until)
    throw new Error(`the certificate is valid from ${first.validFrom} to ${first.validTo}, not now`);
  return {
    certificate: Buffer.from(certificate),
    privateKey: Buffer.from(key),
    expiresAt: new Date(until),
  };
}

/** Parses a PEM bundle of CAs. Throws if it has none or an invalid one. */
export function parseCas(bundle: string): Cas {
  const expiries = certificatesIn(bundle).map(({ validTo }) => Date.parse(validTo));
  return { caCertificate: Buffer.from(bundle), expiresAt: new Date(Math.min(...expiries)) };
}

/**
 * The certificates of the gRPC server, read again every 30 s. A pair or bundle that cannot be used changes nothing.
 * FileWatcherCertificateProvider of grpc-js 1.14 leaves the listener without certificates in that case, so that it drops
 * new connections.
 */
export class ServerCertificates implements experimental.CertificateProvider {
  readonly #identity: WatchedFiles<Identity, 'certificate' | 'key'>;
  readonly #cas: WatchedFiles<Cas, 'bundle'> | undefined;
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  readonly #caListeners = new Set<experimental.CaCertificateUpdateListener>();
  /** Called after a change of the client CA. */
  onClientCaChange: () => void = () => undefined;

  /** Throws if the files cannot be used. */
  constructor(
    private readonly files: CertificateFiles,
    logger: Logger,
  ) {
    const onError = (setting: string) => (error: Error) =>
      logger.error({ setting, error: error.message }, 'certificate invalid');
    this.#identity = new WatchedFiles({
      paths: { certificate: files.certificate, key: files.key },
      intervalMs: EVERY_MS,
      parse: (contents) => parseIdentity(contents),
      onChange: (identity) => {
        setExpiry('GRPC_TLS_CERT_FILE', identity);
        logger.info({ setting: 'GRPC_TLS_CERT_FILE', expires: identity.expiresAt }, 'certificate loaded');
        for (const listener of this.#identityListeners) listener(identity);
      },
      onError: onError('GRPC_TLS_CERT_FILE'),
    });
    setExpiry('GRPC_TLS_CERT_FILE', this.#identity.value);
    if (files.clientCa === undefined) return;
    this.#cas = new WatchedFiles({
      paths: { bundle: files.clientCa },
      intervalMs: EVERY_MS,
      parse: ({ bundle }) => parseCas(bundle),
      onChange: (cas) => {
        setExpiry('GRPC_TLS_CLIENT_CA_FILE', cas);
        for (const listener of this.#caListeners) listener(cas);
        this.onClientCaChange();
      },
      onError: onError('GRPC_TLS_CLIENT_CA_FILE'),
    });
    setExpiry('GRPC_TLS_CLIENT_CA_FILE', this.#cas.value);
  }

  /** The credentials of the gRPC server, which change with the files. */
  credentials(): ServerCredentials {
    // grpc-js 1.14.7 declares the first two parameters as (ca, identity) and passes them on as (identity, ca).
    const [identity, ca] = [this, this.#cas === undefined ? null : this];
    return createCertificateProviderServerCredentials(identity, ca, this.files.requireClientCertificate);
  }

  /** The options of a TLS server of Node, now and after each change. Sessions are not resumed: a resumed one verifies no certificate. */
  follow(onChange: (options: TlsOptions) => void): TlsOptions {
    const options = () => ({
      cert: this.#identity.value.certificate,
      key: this.#identity.value.privateKey,
      secureOptions: constants.SSL_OP_NO_TICKET,
      ...(this.#cas && {
        ca: this.#cas.value.caCertificate,
        requestCert: true,
        rejectUnauthorized: this.files.requireClientCertificate,
      }),
    });
    this.#identityListeners.add(() => onChange(options()));
    this.#caListeners.add(() => onChange(options()));
    return options();
  }

  /** Reads the files now. */
  async readAgain(): Promise<void> {
    await Promise.all([this.#identity.readAgain(), this.#cas?.readAgain()]);
  }

  stop(): void {
    this.#identity.stop();
    this.#cas?.stop();
  }

  // grpc-js subscribes before it can receive an update, hence the next tick.
  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => listener(this.#identity.value));
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.delete(listener);
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.add(listener);
    process.nextTick(() => listener(this.#cas?.value ?? null));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.delete(listener);
  }
}

function certificatesIn(pem: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = pem.match(BLOCK) ?? [];
  const begun = pem.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (blocks.length < begun) throw new Error('a certificate is incomplete');
  const [first, ...others] = blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Error('a certificate cannot be parsed');
    }
  });
  if (first === undefined) throw new Error('no PEM certificate found');
  return [first, ...others];
}

function privateKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error('the key cannot be parsed: it must be an unencrypted PEM key');
  }
}

function setExpiry(file: string, { expiresAt }: { expiresAt: Date }): void {
  setCertificateExpiry(file, expiresAt);
}

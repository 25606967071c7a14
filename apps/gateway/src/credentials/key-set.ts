import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:https';
import type { Logger } from '@wxa/service';
import { calculateJwkThumbprint, createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose';
import { parseCas } from './certificates.js';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;
const FILE_EVERY_MS = 1_000;
const URL_EVERY_MS = 600_000;
/** The next attempt after a failed one; sooner while there is no key set to use. */
const RETRY_MS = { usable: 30_000, unusable: 5_000 };
/** Between two fetches because of unknown key ids, which any client can send. */
const UNKNOWN_KID_MS = 30_000;
/** How long a key set is used after it was last read. */
const MAX_AGE_MS = 3_600_000;

/** Where a key set comes from. */
export interface KeySource {
  /** Reads the JSON text of the key set. */
  read(): Promise<string>;
  everyMs: number;
}

/** A key set in a file, which is read again every second. */
export function keyFile(path: string): KeySource {
  return {
    everyMs: FILE_EVERY_MS,
    read: async () => {
      if ((await stat(path)).size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
      return readFile(path, 'utf8');
    },
  };
}

/**
 * A key set at an https URL, which is fetched every 10 min.
 * @param caFile PEM bundle, read for each fetch; the system's CAs if undefined.
 */
export function keyServer(url: string, caFile?: string): KeySource {
  return {
    everyMs: URL_EVERY_MS,
    read: async () => fetchText(url, caFile === undefined ? undefined : await readCas(caFile)),
  };
}

/** Node would trust the system's CAs if the bundle were empty. */
async function readCas(path: string): Promise<Buffer> {
  return parseCas(await readFile(path, 'utf8')).caCertificate;
}

/** The public keys of the issuer of JWTs. */
export class KeySet {
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  /** Of the keys, by which a key is the same one in another form. */
  #thumbprints: ReadonlySet<string> = new Set();
  #text = '';
  #readAtMs = Number.NEGATIVE_INFINITY;
  #attemptedAtMs = Number.NEGATIVE_INFINITY;
  #attempt: Promise<void> | undefined;
  #failure = '';
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #onChange = new Set<() => void>();

  /** @param now milliseconds since 1970. */
  constructor(
    private readonly source: KeySource,
    private readonly logger: Pick<Logger, 'info' | 'error'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Reads the key set now and then at its interval. */
  start(): void {
    void this.refresh();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  onChange(listener: () => void): void {
    this.#onChange.add(listener);
  }

  /** The keys; undefined if they were not read successfully within the last hour. */
  get keys(): ReturnType<typeof createLocalJWKSet> | undefined {
    return this.now() - this.#readAtMs <= MAX_AGE_MS ? this.#keys : undefined;
  }

  /** Whether the key set that was read last has a key, however long ago that was. @param thumbprint of RFC 7638. */
  has(thumbprint: string): boolean {
    return this.#thumbprints.has(thumbprint);
  }

  /** Reads the key set again because a key is unknown, unless it was attempted within the last 30 s. */
  async refreshForUnknownKey(): Promise<boolean> {
    if (this.#attempt === undefined && this.now() - this.#attemptedAtMs < UNKNOWN_KID_MS) return false;
    await this.refresh();
    return true;
  }

  /** Reads the key set again; concurrent calls share one attempt. Never rejects. */
  refresh(): Promise<void> {
    this.#attempt ??= this.#read().finally(() => {
      this.#attempt = undefined;
      this.#schedule();
    });
    return this.#attempt;
  }

  async #read(): Promise<void> {
    this.#attemptedAtMs = this.now();
    try {
      const text = await this.source.read();
      if (text !== this.#text) await this.#replace(text);
      this.#readAtMs = this.now();
      this.#failure = '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#failure)
        this.logger.error({ setting: 'AUTH_JWT_JWKS', error: reason }, 'key set invalid');
      this.#failure = reason;
    }
  }

  async #replace(text: string): Promise<void> {
    const keySet = JSON.parse(text) as JSONWebKeySet;
    const keys = createLocalJWKSet(keySet);
    this.#thumbprints = new Set(await Promise.all(keySet.keys.map(thumbprintOf)));
    this.#keys = keys;
    this.#text = text;
    this.logger.info({ keys: keySet.keys.length }, 'key set loaded');
    for (const listener of this.#onChange) listener();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const retryMs = this.keys === undefined ? RETRY_MS.unusable : RETRY_MS.usable;
    const waitMs = this.#failure === '' ? this.source.everyMs : Math.min(retryMs, this.source.everyMs);
    this.#timer = setTimeout(() => void this.refresh(), waitMs).unref();
  }
}

/** Of the key as a verified token has it: the text may have leading zeros or padding. Empty if the key verifies no token. */
async function thumbprintOf(jwk: JWK): Promise<string> {
  try {
    return await calculateJwkThumbprint(createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }));
  } catch {
    return '';
  }
}

/** GET without redirects: within 5 s, at most 1 MiB. */
function fetchText(url: string, ca: Buffer | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const fetching = request(url, { ...(ca !== undefined && { ca }), signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > MAX_BYTES) fetching.destroy(new Error(`larger than ${MAX_BYTES} bytes`));
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`HTTP status ${response.statusCode}`));
      });
    });
    fetching.on('error', reject).end();
  });
}

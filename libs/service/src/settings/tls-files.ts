import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from '../logging/messages.js';
import { setCertificateExpiry } from '../metrics/certificate-metrics.js';
import { WatchedFiles } from '../watched-file.js';

/** The PEM texts of a client's TLS connections. Without `ca` the certificates of the system are trusted. */
export interface TlsContents {
  ca?: string;
  cert?: string;
  key?: string;
}

/** The paths of PEM files. */
export type TlsPaths = { [K in keyof TlsContents]?: string | undefined };

/** The current content of PEM files, for new connections. */
export interface TlsFiles {
  readonly current: TlsContents;
  /** `listener` is called with each new content. */
  onChange(listener: (contents: TlsContents) => void): void;
  stop(): void;
}

/** Logs that new content of PEM files cannot be used; the last usable content stays in use. */
export function logTlsError(logger: Logger, setting: string): (error: Error) => void {
  return ({ message }) => logger.error({ setting, error: message }, 'certificate invalid');
}

/** Exports when the certificate and the first of the CAs to expire do, now and after each change. @param names of their settings. */
export function exportExpiry(files: TlsFiles, names: { ca: string; cert: string }): TlsFiles {
  const report = (contents: TlsContents) => {
    for (const part of ['ca', 'cert'] as const) {
      const certificates = (contents[part]?.match(CERTIFICATE) ?? []).map((one) => new X509Certificate(one));
      const considered = part === 'ca' ? certificates : certificates.slice(0, 1);
      const times = considered.map(({ validToDate }) => validToDate.getTime());
      if (times.length > 0) setCertificateExpiry(names[part], new Date(Math.min(...times)));
    }
  };
  report(files.current);
  files.onChange(report);
  return files;
}

const INTERVAL_MS = 30_000;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Reads PEM files now and every 30 s; content that is incomplete or does not match is not used. Throws if it is at the start. */
export function watchTlsFiles(
  given: TlsPaths,
  onError: (error: Error) => void,
  intervalMs = INTERVAL_MS,
): TlsFiles {
  const listeners: ((contents: TlsContents) => void)[] = [];
  const watched = new WatchedFiles<TlsContents, keyof TlsContents>({
    paths: pathsOf(given) as Record<keyof TlsContents, string>,
    intervalMs,
    parse: checkTls,
    onChange: (contents) => {
      for (const listener of listeners) listener(contents);
    },
    onError,
  });
  return {
    get current() {
      return watched.value;
    },
    onChange: (listener) => listeners.push(listener),
    stop: () => watched.stop(),
  };
}

/** Why PEM files cannot be used; undefined if they can. It contains paths, never content. */
export function faultOfTls(given: TlsPaths): string | undefined {
  const contents: TlsContents = {};
  for (const [name, path] of Object.entries(pathsOf(given))) {
    try {
      contents[name as keyof TlsContents] = readFileSync(path, 'utf8');
    } catch (error) {
      return `cannot read ${path} (${(error as NodeJS.ErrnoException).code})`;
    }
  }
  try {
    checkTls(contents);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function pathsOf(given: TlsPaths): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Node accepts any text as a CA bundle and trusts nothing then. */
function checkTls(contents: TlsContents): TlsContents {
  if (contents.ca !== undefined && !isBundle(contents.ca))
    throw new Error('the CA bundle has no valid certificate');
  try {
    createSecureContext(contents);
  } catch {
    throw new Error('the certificate and the key are not a matching pair in PEM');
  }
  return contents;
}

function isBundle(text: string): boolean {
  const certificates = text.match(CERTIFICATE) ?? [];
  try {
    return certificates.map((one) => new X509Certificate(one)).length > 0;
  } catch {
    return false;
  }
}

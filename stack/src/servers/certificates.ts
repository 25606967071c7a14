import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../processes/stack-error.js';

/** Paths of a certificate and its key (PKCS #8), both PEM. */
export type Certificate = { cert: string; key: string };

/** A certificate authority of its own. */
export type Authority = {
  /** The path of its certificate, which clients and servers trust. */
  ca: string;
  /**
   * Issues a certificate for servers and clients, valid for 30 days.
   * @param file the name of its files, which are replaced.
   * @param subject `CN` and the names of a server, such as `DNS:localhost` or `IP:127.0.0.1`.
   */
  issue(file: string, subject: { cn: string; names?: string[] }): Promise<Certificate>;
};

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256'];
const DAYS = ['-days', '30'];

/** Creates a certificate authority with openssl, with all files in `folder`. Throws a StackError without openssl. */
export async function createAuthority(folder: string): Promise<Authority> {
  await mkdir(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const [ca, caKey] = [at('ca.pem'), at('ca.key')];
  const self = ['-x509', ...DAYS, '-subj', '/CN=wxa-code CA'];
  await openssl(['req', ...self, ...NEW_KEY, '-keyout', caKey, '-out', ca]);
  return { ca, issue: (file, subject) => issue({ ca, caKey, at: at(file) }, subject) };
}

async function issue(
  { ca, caKey, at }: { ca: string; caKey: string; at: string },
  { cn, names = [] }: { cn: string; names?: string[] },
): Promise<Certificate> {
  const [cert, key, request, extensions] = [`${at}.pem`, `${at}.key`, `${at}.csr`, `${at}.ext`];
  await openssl(['req', '-new', ...NEW_KEY, '-subj', `/CN=${cn}`, '-keyout', `${key}.new`, '-out', request]);
  // PostgreSQL refuses a key that others can read.
  await chmod(`${key}.new`, 0o600);
  const alternatives = names.length > 0 ? `subjectAltName=${names.join(',')}\n` : '';
  await writeFile(extensions, `basicConstraints=CA:FALSE\n${alternatives}`);
  const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-extfile', extensions, ...DAYS, '-sha256'];
  await openssl(['x509', '-req', '-in', request, ...signed, '-out', `${cert}.new`]);
  await Promise.all([cert, key].map((path) => rename(`${path}.new`, path)));
  return { cert, key };
}

async function openssl(args: string[]): Promise<void> {
  await promisify(execFile)('openssl', args).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    throw new StackError(
      'openssl, which makes the certificates of the secure stack, was not found: install it.',
    );
  });
}

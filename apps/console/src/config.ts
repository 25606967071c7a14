import { readFileSync } from 'node:fs';
import { parseUsers } from '@wxa/policy';
import { address, httpUrl, isLoopback, optionalAddress, readable, shutdownSettings } from '@wxa/service';
import { z } from 'zod';

const KEY_BYTES = 32;

const file = z.string().refine(isReadable, 'cannot be read').optional();
const usersFile = z
  .string()
  .superRefine((path, context) => {
    try {
      parseUsers(readFileSync(path, 'utf8'));
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  })
  .optional();
const key = (missing?: string) => readable(readKey, 'must be 32 bytes in base64', missing);

/** The settings of the console; docs/configuration.md describes them. */
export const consoleSettings = z
  .object({
    ...shutdownSettings,
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    CONSOLE_ADDR: address('127.0.0.1:8082'),
    /** The origin that browsers use; by default that of CONSOLE_ADDR. */
    CONSOLE_PUBLIC_URL: httpUrl.optional(),
    /** Where probes and metrics are served instead of on CONSOLE_ADDR. */
    ADMIN_ADDR: optionalAddress,
    GATEWAY_ADDR: address('127.0.0.1:50051'),
    GATEWAY_TLS_CA_FILE: file,
    GATEWAY_TLS_CERT_FILE: file,
    GATEWAY_TLS_KEY_FILE: file,
    GATEWAY_API_KEY_FILE: file,
    CONSOLE_USERS_FILE: usersFile,
    CONSOLE_SECRET: key('required: 32 bytes in base64'),
    CONSOLE_SECRET_PREVIOUS: key().optional(),
    OIDC_ISSUER: httpUrl.optional(),
    OIDC_CLIENT_ID: z.string().optional(),
    OIDC_CLIENT_SECRET: z.string().optional(),
    OIDC_ROLE_CLAIM: z.string().optional(),
  })
  .superRefine(checkTogether, { when: () => true });

export type ConsoleSettings = z.infer<typeof consoleSettings>;

/** The origin that browsers use. */
export function publicUrl({ CONSOLE_PUBLIC_URL, CONSOLE_ADDR: { host, port } }: ConsoleSettings): URL {
  return new URL(CONSOLE_PUBLIC_URL ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}

function checkTogether(settings: Record<string, unknown>, context: z.RefinementCtx): void {
  const fault = (name: string, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  const isGiven = (name: string) => settings[name] !== undefined;
  if (!isGiven('CONSOLE_USERS_FILE') && !isGiven('OIDC_ISSUER'))
    fault('CONSOLE_USERS_FILE', 'required without OIDC_ISSUER: a file of users, written by wxa users');
  if (isGiven('OIDC_ISSUER'))
    for (const name of ['OIDC_CLIENT_ID', 'OIDC_ROLE_CLAIM'])
      if (!isGiven(name)) fault(name, 'required with OIDC_ISSUER');
  const [cert, privateKey] = ['GATEWAY_TLS_CERT_FILE', 'GATEWAY_TLS_KEY_FILE'];
  if (isGiven(cert ?? '') !== isGiven(privateKey ?? ''))
    fault(
      isGiven(cert ?? '') ? 'GATEWAY_TLS_KEY_FILE' : 'GATEWAY_TLS_CERT_FILE',
      'a certificate needs its key, and a key its certificate',
    );
  checkTransport(settings, fault);
}

/** A credential is never sent in plain text to another machine. */
function checkTransport(
  settings: Record<string, unknown>,
  fault: (name: string, message: string) => void,
): void {
  const { GATEWAY_ADDR: gateway, GATEWAY_API_KEY_FILE: apiKey, GATEWAY_TLS_CA_FILE: ca } = settings;
  const host = (gateway as { host?: string } | undefined)?.host;
  if (apiKey !== undefined && ca === undefined && host !== undefined && !isLoopback(host))
    fault('GATEWAY_TLS_CA_FILE', 'required with GATEWAY_API_KEY_FILE unless the gateway is on this machine');
}

function readKey(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

function isReadable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Injection tokens of dependencies that are not classes. */
export const SETTINGS = Symbol('settings');
export const LOGGER = Symbol('logger');

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseUsers } from '@wxa/policy';
import {
  type Address,
  address,
  baseUrl,
  checkedFile,
  commonSettings,
  faultOfTls,
  httpUrl,
  type InsecureSetting,
  isLoopback,
  optionalAddress,
  readable,
  readTokenFile,
  shutdownSettings,
  wellKnownFaults,
} from '@wxa/service';
import { z } from 'zod';
import { readScopes } from './session/scopes.js';

const KEY_BYTES = 32;

const file = z.string().optional();
const origin = baseUrl.refine((url) => new URL(url).pathname === '/', 'must be an origin, without a path');
const usersFile = checkedFile(file, (path) => parseUsers(readFileSync(path, 'utf8')));
const scopesFile = checkedFile(file, (path) => {
  for (const [name, { apiKeyFile }] of Object.entries(readScopes(path).scopes)) {
    try {
      readTokenFile(apiKeyFile);
    } catch (error) {
      throw new Error(`scope ${name}: ${(error as Error).message}`);
    }
  }
});
const proxies = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((network) => network !== ''))
  .refine(
    (all) => all.every(isNetwork),
    'must be addresses or networks like 10.0.0.0/8, separated by commas',
  );
const key = (missing?: string) => readable(readKey, 'must be 32 bytes in base64', missing);

/** The settings of the console; docs/configuration.md describes them. */
export const consoleSettings = z
  .object({
    ...shutdownSettings,
    LOG_LEVEL: commonSettings.LOG_LEVEL,
    CONSOLE_ADDR: address('127.0.0.1:8082'),
    /** The origin that browsers use; by default that of CONSOLE_ADDR. */
    CONSOLE_PUBLIC_URL: origin.optional(),
    /** What this deployment is called beside the product's name, so that nobody takes one for another. */
    CONSOLE_ENVIRONMENT: z.string().max(20, 'must be at most 20 characters').optional(),
    /** Whose `X-Forwarded-For` names the visitor. */
    CONSOLE_TRUSTED_PROXIES: proxies,
    /** Where probes and metrics are served instead of on CONSOLE_ADDR. */
    ADMIN_ADDR: optionalAddress,
    GATEWAY_ADDR: address('127.0.0.1:50051'),
    GATEWAY_TLS_CA_FILE: file,
    GATEWAY_TLS_CERT_FILE: file,
    GATEWAY_TLS_KEY_FILE: file,
    GATEWAY_API_KEY_FILE: checkedFile(file, readTokenFile),
    CONSOLE_USERS_FILE: usersFile,
    /** Sets of mini-programs for users, and the groups of the issuer that get them. */
    CONSOLE_SCOPES_FILE: scopesFile,
    CONSOLE_IDLE_MINUTES: z.coerce.number().int().min(1).max(480).default(60),
    /** Not called: with the real WeChat the secret of development is refused. */
    WECHAT_API_URL: baseUrl.optional(),
    CONSOLE_SECRET: key('required: 32 bytes in base64'),
    CONSOLE_SECRET_PREVIOUS: key().optional(),
    /** With the slash at its end, if it has one. */
    OIDC_ISSUER: httpUrl.optional(),
    OIDC_CLIENT_ID: z.string().optional(),
    OIDC_CLIENT_SECRET: z.string().optional(),
    OIDC_ROLE_CLAIM: z.string().optional(),
    /** `sub` unless given. */
    OIDC_NAME_CLAIM: z.string().optional(),
  })
  .superRefine(checkTogether, { when: () => true });

export type ConsoleSettings = z.infer<typeof consoleSettings>;

/** Whether calls to the gateway are encrypted. */
export function isGatewayTls({ GATEWAY_TLS_CA_FILE, GATEWAY_TLS_CERT_FILE }: ConsoleSettings): boolean {
  return (GATEWAY_TLS_CA_FILE ?? GATEWAY_TLS_CERT_FILE) !== undefined;
}

/** Which settings are for development or a private network only. */
export function insecureSettings(settings: ConsoleSettings): Partial<Record<InsecureSetting, boolean>> {
  const { GATEWAY_ADDR, CONSOLE_ADDR, ADMIN_ADDR } = settings;
  return {
    gateway_plaintext: isElsewhere(GATEWAY_ADDR) && !isGatewayTls(settings),
    console_plaintext: isElsewhere(CONSOLE_ADDR) && publicUrl(settings).protocol === 'http:',
    public_metrics: isElsewhere(CONSOLE_ADDR) && ADMIN_ADDR === undefined,
  };
}

/** The origin that browsers use. */
export function publicUrl({ CONSOLE_PUBLIC_URL, CONSOLE_ADDR: { host, port } }: ConsoleSettings): URL {
  return new URL(CONSOLE_PUBLIC_URL ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}

type Given = Partial<ConsoleSettings>;
type Fault = (name: keyof ConsoleSettings, message: string) => void;

/** What depends on several settings; any of them may be missing or invalid. */
function checkTogether(settings: Given, context: z.RefinementCtx): void {
  const fault: Fault = (name, message) => context.addIssue({ code: 'custom', path: [name], message });
  checkUsers(settings, fault);
  checkGateway(settings, fault);
  const { CONSOLE_PUBLIC_URL: url, CONSOLE_ADDR: address } = settings;
  if (url === undefined && isElsewhere(address))
    fault('CONSOLE_PUBLIC_URL', 'required unless CONSOLE_ADDR is a loopback address');
  if (url !== undefined && isPlaintext(url))
    fault(
      'CONSOLE_PUBLIC_URL',
      'must be https unless its host is this machine: browsers send the session there',
    );
  const isOnlyHere = url === undefined || !URL.canParse(url) || isLoopback(new URL(url).hostname);
  const reason = isOnlyHere ? undefined : 'CONSOLE_PUBLIC_URL is not of this machine alone';
  for (const [name, message] of Object.entries(wellKnownFaults(settings, reason)))
    fault(name as keyof ConsoleSettings, message);
}

function checkUsers(settings: Given, fault: Fault): void {
  const { CONSOLE_USERS_FILE: users, OIDC_ISSUER: issuer } = settings;
  if (users === undefined && issuer === undefined)
    fault('CONSOLE_USERS_FILE', 'required without OIDC_ISSUER: a file of users, written by wxa users');
  for (const name of ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_ROLE_CLAIM', 'OIDC_NAME_CLAIM'] as const)
    if (issuer === undefined && settings[name] !== undefined) fault(name, 'needs OIDC_ISSUER');
  for (const name of ['OIDC_CLIENT_ID', 'OIDC_ROLE_CLAIM'] as const)
    if (issuer !== undefined && settings[name] === undefined) fault(name, 'required with OIDC_ISSUER');
  if (issuer !== undefined && isPlaintext(issuer))
    fault('OIDC_ISSUER', 'must be https unless its host is this machine');
}

/** A credential is never sent in plain text to another machine. */
function checkGateway(settings: Given, fault: Fault): void {
  const { GATEWAY_ADDR: gateway, GATEWAY_API_KEY_FILE: apiKey, ...tls } = settings;
  const { GATEWAY_TLS_CA_FILE: ca, GATEWAY_TLS_CERT_FILE: cert, GATEWAY_TLS_KEY_FILE: key } = tls;
  if (cert === undefined && key !== undefined)
    fault('GATEWAY_TLS_CERT_FILE', 'required with GATEWAY_TLS_KEY_FILE');
  else if (key === undefined && cert !== undefined)
    fault('GATEWAY_TLS_KEY_FILE', 'required with GATEWAY_TLS_CERT_FILE');
  else {
    const unusable = faultOfTls({ ca, cert, key });
    if (unusable !== undefined) fault('GATEWAY_TLS_CA_FILE', unusable);
  }
  if ((apiKey ?? tls.CONSOLE_SCOPES_FILE) === undefined) return;
  if (ca === undefined && isElsewhere(gateway))
    fault(
      'GATEWAY_TLS_CA_FILE',
      'required with GATEWAY_API_KEY_FILE or CONSOLE_SCOPES_FILE unless the gateway is on this machine',
    );
}

/** Whether an address is valid and not of this machine alone. */
function isElsewhere(address: Address | undefined): boolean {
  return address?.host !== undefined && !isLoopback(address.host);
}

/** Whether a URL of another machine is not encrypted. */
function isPlaintext(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
}

function isNetwork(text: string): boolean {
  const [ip = '', bits = '1', ...others] = text.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(ip)] ?? -1;
  return others.length === 0 && /^[1-9]\d*$/.test(bits) && Number(bits) <= most;
}

function readKey(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { type Caller, type Policy, readPolicy } from '@wxa/policy';
import { authorizedIn } from './directory.js';
import { type AdoptionCheck, type AdoptionResult, fail, notChecked, ok, type Tools, warn } from './result.js';
import type { AppSettings } from './settings.js';

const READ = 'Tokens/GetAccessToken';
const RENEW = 'Tokens/RenewAccessToken';
const TIMEOUT_MS = 5_000;
const SOON_MS = 14 * 86_400_000;

/** Who gets which tokens, by which credentials, and who has read some that it may not read any more. */
export const tokenReaders: AdoptionCheck = {
  name: 'token readers',
  steps: [4],
  async run({ env, rows }) {
    const { AUTH_POLICY_FILE: path, WECHAT_COMPONENT_APPID: componentAppid } = env;
    if (path === undefined) return notChecked('AUTH_POLICY_FILE');
    const { policy } = await readPolicy(path, componentAppid);
    if (policy === undefined) return fail('the policy has errors', `wxa policy check ${path}`);
    const known = await authorizedIn({ rows });
    const readers = policy.callers.filter((caller) => mayRead(policy, caller, componentAppid));
    if (readers.length === 0)
      return warn('no caller may read tokens', 'add a rule with Tokens/GetAccessToken');
    return [
      ...readers.map((caller) => readsWhat(policy, caller, { known, componentAppid })),
      ...readers.flatMap((caller) => credentials(policy, caller, env)),
      ...(await listener(env)),
      ...(await lostRights(policy, rows)),
    ];
  },
};

function mayRead(policy: Policy, caller: Caller, componentAppid: string | undefined): boolean {
  if (policy.visible(caller, READ).allow.length > 0) return true;
  return componentAppid !== undefined && policy.decide(caller, READ, componentAppid).allowed;
}

/** What the token service gives a caller: it decides in the same way at each read. */
function readsWhat(
  policy: Policy,
  caller: Caller,
  { known, componentAppid }: { known: readonly string[]; componentAppid: string | undefined },
): AdoptionResult {
  const count = (method: string) =>
    known.filter((appid) => policy.decide(caller, method, appid).allowed).length;
  const reads = count(READ);
  const isPlatform = componentAppid !== undefined && policy.decide(caller, READ, componentAppid).allowed;
  const what = [
    `reads the tokens of ${reads} of ${known.length} mini-programs${isPlatform ? " and the platform's" : ''}`,
    `and renews those of ${count(RENEW)}`,
  ].join(', ');
  if (policy.readsAllTokens(caller))
    return warn(`${caller.name} ${what}`, 'narrow its rule, unless it is meant');
  if (reads === 0 && !isPlatform) return warn(`${caller.name} ${what}`, 'look at the appids of its rule');
  return ok(`${caller.name} ${what}`);
}

/** Whether the token service can recognize a caller. */
function credentials(policy: Policy, caller: Caller, env: AppSettings): AdoptionResult[] {
  const { isNamed, keysUntilMs } = policy.credentialsOf(caller);
  const lacks = [
    ...(isNamed.certificate && env.GRPC_TLS_CLIENT_CA_FILE === undefined ? ['GRPC_TLS_CLIENT_CA_FILE'] : []),
    ...(isNamed.jwt && env.AUTH_JWT_JWKS === undefined ? ['AUTH_JWT_JWKS'] : []),
  ];
  const last = Math.max(...keysUntilMs);
  const hasOther =
    (isNamed.certificate && !lacks.includes('GRPC_TLS_CLIENT_CA_FILE')) ||
    (isNamed.jwt && !lacks.includes('AUTH_JWT_JWKS'));
  if (!hasOther && !(last > Date.now())) {
    const why =
      keysUntilMs.length > 0 ? `its API key expired on ${dayOf(last)}` : `${lacks.join(' and ')} is not set`;
    return [
      fail(`${caller.name} has no valid credential: ${why}`, 'wxa policy new-key, or correct the settings'),
    ];
  }
  const found = lacks.map((name) =>
    warn(
      `${name} is not set, which a credential of ${caller.name} needs`,
      'set it, or remove the credential',
    ),
  );
  if (!hasOther && last < Date.now() + SOON_MS)
    found.push(warn(`the API key of ${caller.name} expires on ${dayOf(last)}`, 'add another one before'));
  return found;
}

function dayOf(endMs: number): string {
  return new Date(endMs - 1).toISOString().slice(0, 10);
}

/** The listener must answer nobody without a credential. No credential is sent, so its certificate need not be verified. */
async function listener({
  TOKEN_SERVICE_ADDR: address,
  GRPC_TLS_CERT_FILE: certificate,
}: AppSettings): Promise<AdoptionResult[]> {
  if (address === undefined) return [warn('TOKEN_SERVICE_ADDR is not set: no token is served', 'set it')];
  const status = await statusOf(address, certificate !== undefined).catch((error: Error) => error.message);
  if (status === 401) return [ok(`${address} refuses a read without a credential`)];
  if (typeof status === 'number')
    return [
      fail(`${address} answers ${status} to a read without a credential`, 'look at what listens there'),
    ];
  return [warn(`${address} was not reached: ${status}`, 'run it where a gateway runs')];
}

function statusOf(address: string, isTls: boolean): Promise<number | string> {
  const { hostname, port } = new URL(`http://${address}`);
  const bare = hostname.replace(/^\[|\]$/g, '');
  const host = isAny(bare) ? '127.0.0.1' : bare;
  const options = { host, port, path: '/token', agent: false, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const request = (isTls ? overHttps : overHttp)(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error('no answer')));
    request.once('error', reject).end();
  });
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Tokens that may still be valid, in the hands of callers that may not read them any more. */
async function lostRights(policy: Policy, rows: Tools['rows']): Promise<AdoptionResult[]> {
  const read = await rows<{ caller: string; appid: string }>(
    `select caller, appid from token_readers where last_at > now() - interval '2 hours' order by appid, caller`,
  );
  const lost = read.filter(({ caller, appid }) => {
    const known = policy.caller(caller);
    return known === undefined || !policy.decide(known, READ, appid).allowed;
  });
  const [first] = lost;
  if (first === undefined) return [];
  return [
    warn(
      `${lost.length} tokens of the last two hours are with callers that may not read them any more, such as that of ${first.appid} with ${first.caller}`,
      'wxa authorizers renew ends them within 5 minutes',
    ),
  ];
}

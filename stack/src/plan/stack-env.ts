import { randomBytes } from 'node:crypto';
import { httpOrigin, type Listening } from './addresses.js';

/** Inherited because a process needs them to run at all; everything else is passed by name. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS'];

export type Outside = { postgres: string; kafka: string; wechat: string | undefined };

/** The inherited variables, overridden by `given`; an empty value counts as unset. */
export function baseEnv(given: NodeJS.ProcessEnv): Record<string, string> {
  const inherited = INHERITED.map((name) => [name, process.env[name]] as const);
  const all = [...inherited, ...Object.entries(given)];
  return Object.fromEntries(all.filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/**
 * Generates credentials that the embedded simulator and the apps share if they are not set. For the simulator
 * only: with the real WeChat, generated ones would hide a missing setting.
 */
export function generatePlatform(): Record<string, string> {
  return {
    WECHAT_CALLBACK_TOKEN: randomBytes(12).toString('hex'),
    // 43 characters of base64 encode 32 bytes; WeChat omits the final "=".
    WECHAT_ENCODING_AES_KEY: randomBytes(32).toString('base64').slice(0, 43),
    WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
    WECHAT_COMPONENT_APPSECRET: randomBytes(16).toString('hex'),
    SECRETS_KEY: randomBytes(32).toString('base64'),
  };
}

/** Adds generated credentials for those that are given in no form: as a value, a file, or a command that prints the key. */
export function withPlatform(
  platform: Record<string, string>,
  env: Record<string, string>,
): Record<string, string> {
  const isGiven = (name: string) => [`${name}_FILE`, `${name}_COMMAND`].some((source) => source in env);
  return { ...Object.fromEntries(Object.entries(platform).filter(([name]) => !isGiven(name))), ...env };
}

export function simEnv(
  env: Record<string, string>,
  { gateways, sim }: Pick<Listening, 'gateways' | 'sim'>,
): Record<string, string> {
  return {
    SIM_CALLBACK_URL: `${httpOrigin(gateways[0]?.http ?? '')}/wechat/callback/$APPID$`,
    SIM_TOKEN_MODE: env.WECHAT_TOKEN_SOURCE === 'component' ? 'component' : 'endpoint',
    ...env,
    SIM_ADDR: sim,
  };
}

/**
 * The settings that point the apps to the embedded simulator. Unless the token source is `component`, every
 * mini-program has a token there without an authorization.
 */
export function simulatedWechat(env: Record<string, string>, url: string): Record<string, string> {
  return {
    WECHAT_TOKEN_SOURCE: 'endpoint',
    WECHAT_TOKEN_URL: `${url}/sim/token`,
    ...env,
    WECHAT_API_URL: url,
  };
}

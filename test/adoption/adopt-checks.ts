import { world, wxaEnv } from '../use-world.js';
import { startWxa } from '../wxa.js';

export interface CheckResult {
  check: string;
  result: string;
  detail: string;
  next: string;
}

/** Starts the checks of a step in the environment of the apps, with tokens of the simulator. */
export function startChecks(step: number, args: string[] = [], env: Record<string, string> = {}) {
  const url = `${world.stack.addresses.wechat}/sim/token`;
  const tokens = { WECHAT_TOKEN_SOURCE: 'endpoint', WECHAT_TOKEN_URL: url };
  const command = ['adopt', 'check', '--json', '--step', String(step), ...args];
  return startWxa(command, { ...world.settings, ...wxaEnv(), ...tokens, ...env });
}

/** The exit code of checks and their results, `of` one check or of all. */
export async function checked({ ended }: ReturnType<typeof startChecks>) {
  const { code, out } = await ended;
  const { step, results } = JSON.parse(out) as { step: number; results: CheckResult[] };
  return { code, step, results, of: (name: string) => results.filter(({ check }) => check === name) };
}

/** The URL of callbacks of the gateway. */
export const callbackUrl = () => `${world.stack.addresses.http}/wechat/callback/$APPID$`;

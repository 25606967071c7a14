import { freePort } from '@wxa/stack';
import { TestPolicy } from '../callers/test-policy.js';
import { useWorld, world } from '../use-world.js';

export const REFRESH = 'cgi-bin/component/api_authorizer_token';
export const READERS = ['first', 'second', 'third'];

interface Read {
  status: number;
  token: string;
  expiresIn: number;
  ms: number;
}

/** Starts a world whose gateway hands out tokens, to `READERS` and these callers. Returns how they read one. */
export function useTokenReaders(others: readonly string[], env: Record<string, string>) {
  const reads = { allow: [{ methods: ['Tokens/*'], appids: 'all' }] };
  const policy = new TestPolicy(Object.fromEntries([...READERS, ...others].map((name) => [name, reads])));
  let url: string;
  useWorld(async () => {
    const address = `127.0.0.1:${await freePort()}`;
    url = `http://${address}/token`;
    const service = { AUTH_POLICY_FILE: policy.file, TOKEN_SERVICE_ADDR: address };
    return { follow: false, env: { ...service, WECHAT_TOKEN_SOURCE: 'component', ...env } };
  });
  return async (appid: string, caller = 'first', more = ''): Promise<Read> => {
    const startedAt = performance.now();
    const response = await fetch(`${url}?appid=${appid}${more}`, { headers: policy.headers(caller) });
    const body = (await response.json()) as { access_token?: string; expires_in?: number };
    const ms = performance.now() - startedAt;
    return { status: response.status, token: body.access_token ?? '', expiresIn: body.expires_in ?? 0, ms };
  };
}

/** WeChat's answer to a call with a token that a reader makes itself. */
export async function errcodeOf(token: string): Promise<number> {
  const query = `access_token=${encodeURIComponent(token)}`;
  const response = await fetch(`${world.stack.addresses.wechat}/wxa/get_category?${query}`);
  return ((await response.json()) as { errcode: number }).errcode;
}

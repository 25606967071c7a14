import type { ContenderConfig, Job } from '@wxa/bench';
import { Pool } from 'undici';

/** The commit call of a job, with one keep-alive connection per call in flight. Throws if WeChat returns an errcode. */
export function wechat({ wechat: origin, inFlight }: ContenderConfig): (job: Job) => Promise<void> {
  const pool = new Pool(origin, { connections: inFlight, pipelining: 1 });
  const tokens = new Map<string, Promise<string>>();

  async function request<Body>(method: 'GET' | 'POST', path: string, body?: string): Promise<Body> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await pool.request({ method, path, body: body ?? null, headers });
    return (await response.body.json()) as Body;
  }

  async function newToken(appid: string): Promise<string> {
    return (await request<{ access_token: string }>('GET', `/sim/token?appid=${appid}`)).access_token;
  }

  function token(appid: string): Promise<string> {
    const cached = tokens.get(appid) ?? newToken(appid);
    tokens.set(appid, cached);
    return cached;
  }

  return async ({ appid, userVersion }) => {
    const body = { template_id: 1, ext_json: '{}', user_version: userVersion, user_desc: '' };
    const path = `/wxa/commit?access_token=${await token(appid)}`;
    const { errcode } = await request<{ errcode: number }>('POST', path, JSON.stringify(body));
    if (errcode !== 0) throw new Error(`WeChat returned errcode ${errcode}`);
  };
}

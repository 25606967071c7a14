import type { Job, Place } from '@wxa/bench';
import { Pool } from 'undici';

/** The commit call of a job, over as many kept connections as calls may be in flight; throws unless it is done. */
export function wechat({ wechat: origin, inFlight }: Place): (job: Job) => Promise<void> {
  const pool = new Pool(origin, { connections: inFlight, pipelining: 1 });
  const tokens = new Map<string, Promise<string>>();

  async function ask<Answer>(method: 'GET' | 'POST', path: string, body?: string): Promise<Answer> {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await pool.request({ method, path, body: body ?? null, headers });
    return (await answer.body.json()) as Answer;
  }

  async function newToken(appid: string): Promise<string> {
    return (await ask<{ access_token: string }>('GET', `/sim/token?appid=${appid}`)).access_token;
  }

  function token(appid: string): Promise<string> {
    const known = tokens.get(appid) ?? newToken(appid);
    tokens.set(appid, known);
    return known;
  }

  return async ({ appid, userVersion }) => {
    const body = { template_id: 1, ext_json: '{}', user_version: userVersion, user_desc: '' };
    const path = `/wxa/commit?access_token=${await token(appid)}`;
    const { errcode } = await ask<{ errcode: number }>('POST', path, JSON.stringify(body));
    if (errcode !== 0) throw new Error(`WeChat says ${errcode}`);
  };
}

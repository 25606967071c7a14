import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { json } from 'node:stream/consumers';
import type { AppSettings } from './settings.js';

const TIMEOUT_MS = 10_000;

/** What the token URL of the old program answers. */
export interface Asked {
  status: number;
  /** Set if the status is 200. It is used for one call, and neither stored nor printed. */
  token?: string;
}

/** Asks for the token of an appid, as workers do. Rejects if there is no answer, or a 200 without a token. */
export async function askTokenUrl(env: AppSettings, appid: string): Promise<Asked> {
  const response = await exchange(env, appid);
  const status = response.statusCode ?? 0;
  const answer = (await json(response).catch(() => ({}))) as { access_token?: unknown };
  if (status !== 200) return { status };
  if (typeof answer.access_token !== 'string') throw new Error('the token URL answers without access_token');
  return { status, token: answer.access_token };
}

function exchange(env: AppSettings, appid: string): Promise<IncomingMessage> {
  const { WECHAT_TOKEN_URL: url = '', WECHAT_TOKEN_URL_KEY: key, WECHAT_TOKEN_URL_CA_FILE: ca } = env;
  const asked = new URL(url);
  asked.searchParams.set('appid', appid);
  const isTls = asked.protocol === 'https:';
  if (key !== undefined && !isTls) throw new Error('WECHAT_TOKEN_URL_KEY is only sent to an https URL');
  const options = {
    ...{ agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) },
    ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
    ...(ca !== undefined && { ca: readFileSync(ca, 'utf8') }),
  };
  const send = isTls ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    send(asked, options, resolve).once('error', reject).end();
  });
}

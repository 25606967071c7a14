import { setTimeout as delay } from 'node:timers/promises';
import { readSecretsKey, Secrets } from '@wxa/authorizers';
import { type AuthorizerListPage, WxaClient, type WxaResult } from '@wxa/wxa-client';
import type { Tools } from './result.js';
import { askTokenUrl } from './token-url.js';

const PAGE = 500;
/** At most 20 calls a second. */
const PAUSE_MS = 50;
const TIMEOUT_MS = 10_000;
/** Another code for an expired token of the platform. */
const COMPONENT_TOKEN_EXPIRED = 42006;

/** WeChat's list of authorizers. `rejected`: WeChat rejects the platform's token. `unread`: it could not be asked, or does not answer. */
export type WechatList =
  | { kind: 'read'; appids: string[] }
  | { kind: 'rejected' }
  | { kind: 'unread'; why: string };

type Token = { token: string } | { why: string };

/** Reads WeChat's list with the platform's token, from the program that renews it now. @param pages that are read at most. */
export async function readList(tools: Tools, pages = Number.POSITIVE_INFINITY): Promise<WechatList> {
  const first = await platformToken(tools);
  if ('why' in first) return { kind: 'unread', why: first.why };
  const list = await readWith(tools, first.token, pages);
  if (list.kind !== 'rejected') return list;
  // A worker may have renewed it meanwhile.
  const second = await platformToken(tools);
  if ('why' in second || second.token === first.token) return list;
  return readWith(tools, second.token, pages);
}

async function platformToken(tools: Tools): Promise<Token> {
  const { WECHAT_COMPONENT_APPID: appid, WECHAT_TOKEN_SOURCE: source = 'component' } = tools.env;
  if (appid === undefined) return { why: 'WECHAT_COMPONENT_APPID is not set' };
  if (source === 'component') return storedToken(tools, appid);
  if (source !== 'endpoint') return { why: `with token source ${source} the platform's token is not known` };
  const { status, token } = await askTokenUrl(tools.env, appid);
  return token === undefined ? { why: `the token URL answers ${status} for the component appid` } : { token };
}

async function storedToken({ env, rows }: Tools, appid: string): Promise<Token> {
  const [key, previous] = [env.SECRETS_KEY, env.SECRETS_KEY_PREVIOUS].map((text = '') =>
    readSecretsKey(text),
  );
  if (key === undefined) return { why: 'SECRETS_KEY is not set' };
  const [stored] = await rows<{ sealed: string }>(
    `select access_token as sealed from components
     where appid = $1 and access_token_until > clock_timestamp() + interval '30 seconds'`,
    [appid],
  );
  if (stored === undefined) return { why: 'the platform has no token' };
  return { token: new Secrets(key, previous).open(`components/${appid}/access_token`, stored.sealed) };
}

async function readWith({ env }: Tools, token: string, pages: number): Promise<WechatList> {
  const { WECHAT_API_URL: baseUrl = 'https://api.weixin.qq.com', WECHAT_PROXY_URL: proxyUrl } = env;
  const client = new WxaClient({ baseUrl, proxyUrl, timeoutMs: TIMEOUT_MS });
  const appids = new Set<string>();
  try {
    for (let page = 0; page < pages; page += 1) {
      if (page > 0) await delay(PAUSE_MS);
      const request = { componentAppid: env.WECHAT_COMPONENT_APPID ?? '', offset: page * PAGE, count: PAGE };
      const notAfter = performance.now() + TIMEOUT_MS;
      const result = await client.getAuthorizerList(request, { token, timeoutMs: TIMEOUT_MS, notAfter });
      if (result.kind !== 'ok') return isRejected(result) ? { kind: 'rejected' } : unread(result);
      const { authorizers } = result.value;
      for (const { appid } of authorizers) appids.add(appid);
      if (authorizers.length < PAGE) break;
    }
    return { kind: 'read', appids: [...appids] };
  } finally {
    await client.close();
  }
}

type NotOk = Exclude<WxaResult<AuthorizerListPage>, { kind: 'ok' }>;

function isRejected(result: NotOk): boolean {
  if (result.kind === 'retryable') return result.cause === 'token';
  return result.kind === 'error' && result.error.errcode === COMPONENT_TOKEN_EXPIRED;
}

/** The client has removed every secret from the text. */
function unread({ error: { errcode, errmsg } }: NotOk): WechatList {
  return { kind: 'unread', why: [errcode || '', errmsg].join(' ').trim() };
}

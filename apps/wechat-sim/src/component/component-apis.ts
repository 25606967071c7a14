import type { ApiDefinition, Call } from '../model/api.js';
import { type MiniProgram, seconds } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import type { SimComponent } from './component.js';
import type { Tickets } from './tickets.js';

interface Platform {
  component: SimComponent;
  tickets: Tickets;
  /** The mini-program of an appid. */
  app: (appid: string) => MiniProgram;
}

/** A component API, called with the values of its body. */
type Run = (platform: Platform, body: Call['body'], now: number) => Outcome;

/** The APIs of cgi-bin/component, which return a platform's tokens. */
export function componentApis(platform: Platform): ApiDefinition[] {
  const api = (name: string, run: Run, token: ApiDefinition['token'] = 'component'): ApiDefinition => ({
    name: `cgi-bin/component/${name}`,
    verb: 'POST',
    // It does not change a mini-program, whatever it changes for the platform.
    kind: 'query',
    token,
    run: (_app, { body, now }) =>
      body.component_appid === platform.component.appid ? run(platform, body, now) : reject(40013),
  });
  return [
    api('api_start_push_ticket', startPushTicket, 'none'),
    api('api_component_token', componentToken, 'none'),
    api('api_create_preauthcode', createPreAuthCode),
    api('api_query_auth', queryAuth),
    api('api_authorizer_token', authorizerToken),
    api('api_get_authorizer_info', authorizerInfo),
    api('api_get_authorizer_list', authorizerList),
  ];
}

function startPushTicket({ component, tickets }: Platform, body: Call['body']): Outcome {
  if (!component.isSecret(body.component_secret)) return reject(40125);
  const errmsg = tickets.areRunning ? 'in a normal state' : 'ok';
  tickets.start();
  return { ...done({ effect: 'api_start_push_ticket' }), errmsg };
}

function componentToken({ component }: Platform, body: Call['body'], now: number): Outcome {
  if (!component.isSecret(body.component_appsecret)) return reject(40125);
  const errcode = component.checkTicket(body.component_verify_ticket, now);
  if (errcode) return reject(errcode);
  return bareResult('api_component_token', {
    component_access_token: component.newComponentToken(now),
    expires_in: lifeOf(component),
  });
}

function createPreAuthCode({ component }: Platform, _body: Call['body'], now: number): Outcome {
  const { code, lifeMs } = component.newPreAuthCode(now);
  return bareResult('api_create_preauthcode', { pre_auth_code: code, expires_in: seconds(lifeMs) });
}

function queryAuth({ component }: Platform, body: Call['body'], now: number): Outcome {
  const found = component.queryAuth(body.authorization_code, now);
  if (typeof found === 'number') return reject(found);
  return bareResult(`api_query_auth ${found.appid}`, {
    authorization_info: {
      authorizer_appid: found.appid,
      authorizer_access_token: found.token,
      expires_in: lifeOf(component),
      authorizer_refresh_token: found.refreshToken,
      func_info: funcInfo(found.permissionSets),
    },
  });
}

function authorizerToken({ component }: Platform, body: Call['body'], now: number): Outcome {
  const found = component.refresh(body.authorizer_appid, body.authorizer_refresh_token, now);
  if (typeof found === 'number') return reject(found);
  return bareResult(`api_authorizer_token ${body.authorizer_appid}`, {
    authorizer_access_token: found.token,
    expires_in: lifeOf(component),
    authorizer_refresh_token: found.refreshToken,
  });
}

function authorizerInfo({ component, app }: Platform, body: Call['body']): Outcome {
  const found = component.authorization(String(body.authorizer_appid));
  if (!found) return reject(61003);
  const { originalId, notInitialized, categories, setup } = app(found.appid);
  const profile = {
    nick_name: `小程序${found.appid.slice(-4)}`,
    head_img: `https://wx.qlogo.cn/mmopen/${found.appid}/0`,
    signature: '示例',
  };
  return bareResult(undefined, {
    authorizer_info: {
      ...(notInitialized ? { nick_name: '', head_img: '', signature: '' } : profile),
      service_type_info: { id: 0 },
      verify_type_info: { id: -1 },
      user_name: originalId,
      principal_name: '个人',
      account_status: setup.accountStatus,
      ...(!found.isOfficialAccount && { MiniProgramInfo: miniProgramInfo(categories) }),
    },
    authorization_info: {
      authorizer_appid: found.appid,
      authorizer_refresh_token: found.refreshToken ?? undefined,
      func_info: funcInfo(found.permissionSets),
    },
  });
}

function miniProgramInfo(categories: MiniProgram['categories']) {
  return {
    network: {},
    categories: categories.map(({ first_class: first, second_class: second }) => ({ first, second })),
    visit_status: 0,
  };
}

const MAX_LISTED = 500;

function authorizerList({ component }: Platform, body: Call['body']): Outcome {
  const [offset, count] = [Number(body.offset), Number(body.count)];
  if (!(offset >= 0 && count > 0)) return reject(40097);
  if (count > MAX_LISTED) return reject(40170);
  const { total, page } = component.list(offset, count);
  const list = page.map(({ appid, refreshToken, isListedWithoutToken, authorizedAt }) => ({
    authorizer_appid: appid,
    ...(!isListedWithoutToken && { refresh_token: refreshToken }),
    auth_time: seconds(authorizedAt),
  }));
  return bareResult(undefined, { total_count: total, list });
}

/** These return no errcode on success. */
function bareResult(effect: string | undefined, fields: Record<string, unknown>): Outcome {
  return done({ ...(effect !== undefined && { effect }), fields, bare: true });
}

function lifeOf({ settings }: SimComponent): number {
  return Math.ceil(settings.tokenLifeMs / 1000);
}

function funcInfo(permissionSets: number[]) {
  return permissionSets.map((id) => ({ funcscope_category: { id } }));
}

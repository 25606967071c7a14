/** The platform at WeChat. */
export interface OldPlatform {
  wechatUrl: string;
  componentAppid: string;
  componentAppsecret: string;
}

/**
 * Where tokens come from. `wechat`: it renews them itself. `hand`: it uses those in hand until they end. `url`: a token URL, with a key
 * that is sent as a bearer token.
 */
export type TokenOrigin = { from: 'wechat' } | { from: 'hand' } | { from: 'url'; url: string; key: string };

interface Held {
  /** Empty if it was never renewed. */
  token: string;
  /** Empty if it came from a token URL. */
  refreshToken: string;
  sinceMs: number;
  untilMs: number;
  renewAtMs: number;
}

/** A token as WECHAT_TOKEN_URL expects it. */
export interface TokenView {
  access_token: string;
  expires_in: number;
}

/** The share of a token's life after which it is renewed. */
const RENEW_AFTER = 0.5;
/** A token that is younger is not renewed, although a reader says that WeChat rejected it. */
const RENEWED_LATELY_MS = 60_000;
const PAGE = 500;

/** The tokens of a platform's own program: that of the platform by its ticket, the others by their codes or WeChat's list. */
export class OldTokens {
  private ticket = '';
  private origin: TokenOrigin = { from: 'wechat' };
  private readonly held = new Map<string, Held>();
  /** One renewal of a token at a time. */
  private readonly renewing = new Map<string, Promise<void>>();

  constructor(private readonly platform: OldPlatform) {}

  /** Mini-programs of which it has a token. */
  get appids(): string[] {
    return [...this.held.keys()].filter((appid) => appid !== this.platform.componentAppid);
  }

  /**
   * Changes where tokens come from. With `wechat` it reads the refresh tokens of all mini-programs from WeChat's list; with a token URL
   * the next use of each token reads it there. Those in hand are used until then.
   */
  async take(origin: TokenOrigin): Promise<void> {
    this.origin = origin;
    await Promise.allSettled(this.renewing.values());
    if (origin.from === 'wechat') await this.readList();
    if (origin.from === 'url') for (const held of this.held.values()) held.renewAtMs = 0;
  }

  /** A ticket is kept, a code exchanged. */
  async receive({
    InfoType,
    ComponentVerifyTicket,
    AuthorizationCode,
  }: Record<string, string>): Promise<void> {
    if (InfoType === 'component_verify_ticket') this.ticket = ComponentVerifyTicket ?? '';
    if (InfoType !== 'authorized' && InfoType !== 'updateauthorized') return;
    const { authorization_info: info } = await this.ask('api_query_auth', {
      authorization_code: AuthorizationCode,
    });
    const { authorizer_appid, authorizer_access_token, authorizer_refresh_token, expires_in } =
      info as Answer;
    this.keep(String(authorizer_appid), authorizer_access_token, authorizer_refresh_token, expires_in);
  }

  /** A token of a mini-program or of the platform; undefined if there is none. @param isRejected WeChat rejected the last one. */
  async of(appid: string, isRejected = false): Promise<TokenView | undefined> {
    const held = this.held.get(appid);
    if (this.mayRenew(appid, held) && this.isDue(held, isRejected))
      await this.renewed(appid, held).catch((error: unknown) => {
        // The one in hand is valid for longer than until its renewal.
        if (!held?.token) throw error;
      });
    const { token = '', untilMs = 0 } = this.held.get(appid) ?? {};
    if (token === '') return undefined;
    return { access_token: token, expires_in: Math.max(1, Math.floor((untilMs - Date.now()) / 1000)) };
  }

  /** Answers a user by the customer-service API. */
  async write(appid: string, touser: string, content: string): Promise<void> {
    const { access_token = '' } = (await this.of(appid)) ?? {};
    const url = `${this.platform.wechatUrl}/cgi-bin/message/custom/send?access_token=${encodeURIComponent(access_token)}`;
    await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ touser, msgtype: 'text', text: { content } }),
    });
  }

  private mayRenew(appid: string, held: Held | undefined): boolean {
    if (this.origin.from === 'wechat') return held !== undefined || appid === this.platform.componentAppid;
    return this.origin.from === 'url';
  }

  private isDue(held: Held | undefined, isRejected: boolean): boolean {
    if (held === undefined || Date.now() >= held.renewAtMs) return true;
    return isRejected && Date.now() - held.sinceMs > RENEWED_LATELY_MS;
  }

  private renewed(appid: string, held: Held | undefined): Promise<void> {
    const running = this.renewing.get(appid);
    if (running !== undefined) return running;
    const renewal = this.renew(appid, held?.refreshToken ?? '').finally(() => this.renewing.delete(appid));
    this.renewing.set(appid, renewal);
    return renewal;
  }

  private async renew(appid: string, refreshToken: string): Promise<void> {
    if (this.origin.from === 'url') return this.read(this.origin, appid);
    if (appid === this.platform.componentAppid) return this.renewPlatform();
    const request = { authorizer_appid: appid, authorizer_refresh_token: refreshToken };
    const answer = await this.ask('api_authorizer_token', request);
    this.keep(appid, answer.authorizer_access_token, answer.authorizer_refresh_token, answer.expires_in);
  }

  private async renewPlatform(): Promise<void> {
    const { componentAppid, componentAppsecret: component_appsecret } = this.platform;
    const request = { component_appsecret, component_verify_ticket: this.ticket };
    const { component_access_token, expires_in } = await this.post('api_component_token', request);
    this.keep(componentAppid, component_access_token, '', expires_in);
  }

  /** A token URL says for how long its token may be used, which is not beyond its next renewal. */
  private async read({ url, key }: Extract<TokenOrigin, { from: 'url' }>, appid: string): Promise<void> {
    const asked = new URL(url);
    asked.searchParams.set('appid', appid);
    const response = await fetch(asked, { headers: { authorization: `Bearer ${key}` } });
    if (response.status === 404) return void this.held.delete(appid);
    if (!response.ok) throw new Error(`the token URL answered ${response.status}`);
    const { access_token, expires_in } = (await response.json()) as Answer;
    const sinceMs = Date.now();
    const renewAtMs = sinceMs + Number(expires_in) * 1000;
    const held = { token: String(access_token), refreshToken: '', sinceMs, renewAtMs, untilMs: renewAtMs };
    this.held.set(appid, held);
  }

  /** The tokens in hand stay, and are renewed by the refresh tokens of the list. */
  private async readList(): Promise<void> {
    await this.renewPlatform();
    for (let offset = 0, total = 1; offset < total; offset += PAGE) {
      const answer = await this.ask('api_get_authorizer_list', { offset, count: PAGE });
      total = Number(answer.total_count);
      for (const { authorizer_appid: appid, refresh_token } of answer.list as Record<string, string>[])
        if (appid !== undefined) this.adopt(appid, refresh_token ?? '');
    }
  }

  private adopt(appid: string, refreshToken: string): void {
    const now = Date.now();
    const none = { token: '', sinceMs: now, untilMs: now, renewAtMs: now };
    this.held.set(appid, { ...none, ...this.held.get(appid), refreshToken });
  }

  private keep(appid: string, token: unknown, refreshToken: unknown, expiresIn: unknown): void {
    const lifeMs = Number(expiresIn) * 1000;
    const sinceMs = Date.now();
    const times = { sinceMs, untilMs: sinceMs + lifeMs, renewAtMs: sinceMs + RENEW_AFTER * lifeMs };
    this.held.set(appid, { token: String(token), refreshToken: String(refreshToken), ...times });
  }

  /** A call with the platform's token. */
  private async ask(api: string, request: object): Promise<Answer> {
    const { access_token } = (await this.of(this.platform.componentAppid)) ?? {};
    return this.post(`${api}?component_access_token=${access_token}`, request);
  }

  private async post(api: string, request: object): Promise<Answer> {
    const { wechatUrl, componentAppid: component_appid } = this.platform;
    const response = await fetch(`${wechatUrl}/cgi-bin/component/${api}`, {
      method: 'POST',
      body: JSON.stringify({ component_appid, ...request }),
    });
    const answer = (await response.json()) as Answer;
    if (answer.errcode) throw new Error(`${api.split('?')[0]}: ${answer.errcode} ${answer.errmsg}`);
    return answer;
  }
}

type Answer = Record<string, unknown>;

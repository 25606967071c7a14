import { AuthorizerState } from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import { waitUntil } from '../wait.js';
import type { Account } from './account.js';
import { present, same } from './check.js';

const PUSHED_MS = 15_000;
const REDIRECT = 'https://platform.example/authorized';

/** How the platform gets its tokens and a customer, and loses that again: WeChat pushes, the service acts on it. */
export class Platform {
  constructor(
    private readonly sim: SimControl,
    /** The platform's own appid. */
    private readonly component: Account,
    private readonly program: Account,
  ) {}

  /** How many operations of its own it was asked for. */
  get asked(): number {
    return this.component.asked;
  }

  /** Waits for the ticket that the worker asked for at its start, and for the token that it is for. */
  ticket(): Promise<void> {
    return this.component.wechat('pushes the platform its ticket, encrypted and signed', async () => {
      const done = async () => {
        const calls = await this.sim.calls({ appid: this.component.appid });
        const effects = calls.map(({ effect }) => effect);
        same(effects.includes('api_component_token'), true, 'The token that the ticket is for');
      };
      await waitUntil(done, { name: 'The token of the platform', timeoutMs: PUSHED_MS });
      return { value: undefined, lines: ['stored; the worker has the token of the platform by it'] };
    });
  }

  /** The admin of the mini-program follows a link of the platform's. */
  async authorization(): Promise<void> {
    const { preAuthCode } = await this.component.query(
      'CreateAuthorizationLink',
      `for ${this.program.appid}`,
      { redirectUri: REDIRECT, authorizerAppid: this.program.appid },
      ({ url, expireTime }) => {
        const minutes = Math.round(
          (present(expireTime, 'The end of the link').getTime() - Date.now()) / 60_000,
        );
        return [`holds ${minutes} min: ${url.slice(0, url.indexOf('?'))}?…`];
      },
    );
    await this.program.wechat('the admin follows it and authorizes the platform', async () => {
      await this.sim.authorize(this.program.appid, { preAuthCode });
      const authorizer = await this.untilState(AuthorizerState.AUTHORIZER_STATE_AUTHORIZED);
      return {
        value: undefined,
        lines: [`AUTHORIZED, permission sets ${authorizer.permissionSets.join(', ')}`],
      };
    });
  }

  withdrawal(): Promise<void> {
    return this.program.wechat('the admin withdraws the authorization', async () => {
      await this.sim.unauthorize(this.program.appid);
      await this.untilState(AuthorizerState.AUTHORIZER_STATE_UNAUTHORIZED);
      return { value: undefined, lines: ['UNAUTHORIZED, its tokens are wiped'] };
    });
  }

  private untilState(state: AuthorizerState) {
    const isThere = async () => {
      const found = await this.program.client.authorizer(this.program.appid);
      same(found.state, state, 'The state of the authorization');
      const isAuthorized = state === AuthorizerState.AUTHORIZER_STATE_AUTHORIZED;
      same(found.tokenAge !== undefined, isAuthorized, 'Whether it has a token');
      return found;
    };
    return waitUntil(isThere, { name: 'The authorization', timeoutMs: PUSHED_MS });
  }
}

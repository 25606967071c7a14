import { Body, Controller, Get, Inject, NotFoundException, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { type ConsoleSettings, SETTINGS } from '../config.js';
import { Logins } from '../session/logins.js';
import { CALLBACK_PATH, Oidc, PENDING_SECONDS } from '../session/oidc.js';
import { SESSION_SECONDS } from '../session/session.js';
import type { TextKey } from '../text/text.js';
import { Cookies } from '../visit/cookies.js';
import { localPath } from '../visit/local-path.js';
import { SeeOther, type View } from '../visit/view.js';
import { CurrentVisit, Public, type Visit, type VisitRequest } from '../visit/visit.js';
import { loginView } from './login.js';

/** Single sign-on: to the OIDC issuer and back. */
@Controller()
export class SingleSignOnPage {
  constructor(
    @Inject(Oidc) private readonly oidc: Oidc,
    @Inject(Cookies) private readonly cookies: Cookies,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(Logins) private readonly logins: Logins,
  ) {}

  /** A POST, so that no other site can begin a login. */
  @Post('login/oidc')
  @Public()
  async begin(
    @CurrentVisit() visit: Visit,
    @Body('to') given: string | undefined,
    @Req() { ip = '' }: VisitRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<View> {
    if (!this.oidc.isUsed) throw new NotFoundException();
    const to = localPath(given);
    try {
      const { url, pending } = await this.oidc.begin(to);
      this.cookies.set(response, 'singleSignOn', pending, PENDING_SECONDS);
      return new SeeOther(url);
    } catch (error) {
      this.logins.failed(error, ip);
      return this.#refused(visit, 503, 'issuerUnavailable');
    }
  }

  @Get(CALLBACK_PATH)
  @Public()
  async finish(
    @CurrentVisit() visit: Visit,
    @Req() { headers, originalUrl, ip = '' }: VisitRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<View> {
    if (!this.oidc.isUsed) throw new NotFoundException();
    const pending = this.cookies.of(headers.cookie)('singleSignOn');
    this.cookies.clear(response, 'singleSignOn');
    try {
      const { user, to } = await this.oidc.finish(originalUrl, pending ?? '');
      if (user.role === undefined) return this.#refused(visit, 403, 'noRole');
      this.cookies.set(
        response,
        'session',
        await this.logins.logInByOidc(user.name, user.role, ip),
        SESSION_SECONDS,
      );
      return new SeeOther(to);
    } catch (error) {
      this.logins.failed(error, ip);
      return this.#refused(visit, 401, 'singleSignOnFailed');
    }
  }

  #refused(visit: Visit, status: number, text: TextKey): View {
    return { ...loginView(visit, this.settings, { to: '/', error: visit.t(text) }), status };
  }
}

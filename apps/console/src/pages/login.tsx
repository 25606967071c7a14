import { Body, Controller, Get, Inject, NotFoundException, Post, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { type ConsoleSettings, SETTINGS } from '../config.js';
import { Logins } from '../session/logins.js';
import { SESSION_SECONDS } from '../session/session.js';
import { Cookies } from '../visit/cookies.js';
import { localPath } from '../visit/local-path.js';
import { type PageView, SeeOther, type View } from '../visit/view.js';
import { CurrentVisit, ForViewers, Public, type Visit, type VisitRequest } from '../visit/visit.js';

const YEAR_SECONDS = 365 * 86_400;

/** Log in, log out, and the choice of the language. */
@Controller()
export class LoginPage {
  constructor(
    @Inject(Logins) private readonly logins: Logins,
    @Inject(Cookies) private readonly cookies: Cookies,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  @Get('login')
  @Public()
  show(@CurrentVisit() visit: Visit, @Query() { to, ended }: { to?: string; ended?: string }): View {
    const error = ended === undefined ? undefined : visit.t('sessionEnded');
    return loginView(visit, this.settings, { to: localPath(to), error });
  }

  @Post('login')
  @Public()
  async logIn(
    @CurrentVisit() visit: Visit,
    @Body() body: { name?: string; password?: string; to?: string },
    @Req() { ip }: VisitRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<View> {
    if (this.settings.CONSOLE_USERS_FILE === undefined) throw new NotFoundException();
    const [name, password, to] = [String(body.name), String(body.password), localPath(body.to)];
    const result = await this.logins.logIn({ name, password, address: ip ?? '' });
    if ('session' in result) {
      this.cookies.set(response, 'session', result.session, SESSION_SECONDS);
      return new SeeOther(to);
    }
    const seconds = Math.ceil(result.waitMs / 1000);
    const error = seconds > 0 ? visit.t('tooManyLogins', { seconds }) : visit.t('loginRefused');
    const view = loginView(visit, this.settings, { to, name, error });
    return seconds > 0
      ? { ...view, status: 429, headers: { 'retry-after': `${seconds}` } }
      : { ...view, status: 401 };
  }

  @Post('logout')
  @ForViewers()
  logOut(@Res({ passthrough: true }) response: Response): View {
    this.cookies.clear(response, 'session');
    return new SeeOther('/login');
  }

  @Post('language')
  @Public()
  language(
    @Body() { language, to }: { language?: string; to?: string },
    @Res({ passthrough: true }) response: Response,
  ): View {
    this.cookies.set(response, 'language', language === 'en' ? 'en' : 'zh', YEAR_SECONDS);
    return new SeeOther(localPath(to));
  }
}

/** The page with the ways to log in that are configured. @param props.to where to go afterwards. */
export function loginView(
  visit: Visit,
  settings: ConsoleSettings,
  { error, ...props }: { to: string; name?: string; error?: string | undefined },
): PageView {
  const { CONSOLE_USERS_FILE: users, OIDC_ISSUER: issuer } = settings;
  const body = (
    <>
      {error !== undefined && (
        <p role="alert" class="banner">
          {error}
        </p>
      )}
      {users !== undefined && <PasswordForm visit={visit} {...props} />}
      {issuer !== undefined && (
        <form method="post" action="/login/oidc" class="narrow">
          <input type="hidden" name="to" value={props.to} />
          <button type="submit">{visit.t('singleSignOn')}</button>
        </form>
      )}
    </>
  );
  return { title: visit.t('logIn'), body };
}

function PasswordForm({ visit: { t }, to, name }: { visit: Visit; to: string; name?: string }) {
  return (
    <form method="post" action="/login" class="narrow">
      <input type="hidden" name="to" value={to} />
      <label>
        {t('userName')}
        <input name="name" value={name} autocomplete="username" required autofocus={name === undefined} />
      </label>
      <label>
        {t('password')}
        <input
          name="password"
          type="password"
          autocomplete="current-password"
          required
          autofocus={name !== undefined}
        />
      </label>
      <button type="submit">{t('logIn')}</button>
    </form>
  );
}

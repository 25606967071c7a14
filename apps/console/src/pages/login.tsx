import { Body, Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import { isPassword } from '@wxa/policy';
import type { Response } from 'express';
import { type ConsoleSettings, publicUrl, SETTINGS } from '../config.js';
import { SESSION_SECONDS } from '../session/session.js';
import { Sessions } from '../session/sessions.js';
import { SeeOther, type View } from '../visit/view.js';
import { CurrentVisit, ForViewers, Public, type Visit } from '../visit/visit.js';
import { COOKIES } from '../visit/visits.js';

/** Log in, log out, and the choice of the language. */
@Controller()
export class LoginPage {
  readonly #isSecure: boolean;

  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(SETTINGS) settings: ConsoleSettings,
  ) {
    this.#isSecure = publicUrl(settings).protocol === 'https:';
  }

  @Get('login')
  @Public()
  show(@CurrentVisit() visit: Visit, @Query('to') to?: string): View {
    return { title: visit.t('logIn'), body: <LoginForm visit={visit} to={localPath(to)} /> };
  }

  @Post('login')
  @Public()
  @HttpCode(200)
  async logIn(
    @CurrentVisit() visit: Visit,
    @Body() { name = '', password = '', to }: { name?: string; password?: string; to?: string },
    @Res({ passthrough: true }) response: Response,
  ): Promise<View> {
    const user = this.sessions.user(name);
    if (user === undefined || !(await isPassword(password, user.hash)))
      return {
        title: visit.t('logIn'),
        status: 401,
        body: <LoginForm visit={visit} to={localPath(to)} name={name} isRefused />,
      };
    this.#setCookie(response, await this.sessions.begin(user), SESSION_SECONDS);
    return new SeeOther(localPath(to));
  }

  @Post('logout')
  @ForViewers()
  logOut(@Res({ passthrough: true }) response: Response): View {
    this.#setCookie(response, '', 0);
    return new SeeOther('/login');
  }

  @Post('language')
  @Public()
  language(
    @Body() { language, to }: { language?: string; to?: string },
    @Res({ passthrough: true }) response: Response,
  ): View {
    response.cookie(COOKIES.language, language === 'en' ? 'en' : 'zh', {
      sameSite: 'lax',
      secure: this.#isSecure,
      maxAge: 365 * 86_400_000,
    });
    return new SeeOther(localPath(to));
  }

  #setCookie(response: Response, value: string, seconds: number): void {
    response.cookie(COOKIES.session, value, {
      httpOnly: true,
      sameSite: 'strict',
      secure: this.#isSecure,
      maxAge: seconds * 1000,
    });
  }
}

function LoginForm(props: { visit: Visit; to: string; name?: string; isRefused?: boolean }) {
  const { t } = props.visit;
  return (
    <form method="post" action="/login" class="narrow">
      {props.isRefused && <p role="alert">{t('loginRefused')}</p>}
      <input type="hidden" name="to" value={props.to} />
      <label>
        {t('userName')}
        <input name="name" value={props.name} autocomplete="username" required autofocus />
      </label>
      <label>
        {t('password')}
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <button type="submit">{t('logIn')}</button>
    </form>
  );
}

/** A path of the console, never another site; `/` for anything else. */
export function localPath(to: string | undefined): string {
  return to !== undefined && /^\/(?![/\\])/.test(to) ? to : '/';
}

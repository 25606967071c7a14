import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ProbesController } from '@wxa/service';
import { type ConsoleSettings, publicUrl, SETTINGS } from '../config.js';
import { Forbidden, LoginRequired } from '../visit/view.js';
import { canAct, PUBLIC, VIEWERS, type Visit, type VisitRequest } from '../visit/visit.js';

/** Every request needs a login; every POST comes from a form of the console and, but for a few, from an operator. */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #origin: string;

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(SETTINGS) settings: ConsoleSettings,
  ) {
    this.#origin = publicUrl(settings).origin;
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<VisitRequest>();
    const is = (mark: string) => this.reflector.get<boolean>(mark, context.getHandler()) ?? false;
    const { visit } = request;
    if (request.method === 'POST') this.#checkOrigin(request);
    if (is(PUBLIC) || context.getClass() === ProbesController) return true;
    if (visit.session === undefined) throw new LoginRequired();
    if (request.method === 'POST') checkForm(request, visit, is(VIEWERS));
    return true;
  }

  #checkOrigin({ headers }: VisitRequest): void {
    const isSame = headers['sec-fetch-site'] === 'same-origin' || headers.origin === this.#origin;
    if (!isSame) throw new Forbidden('origin');
  }
}

function checkForm({ body }: VisitRequest, visit: Visit, isForViewers: boolean): void {
  if (body?.form_token !== visit.session?.formToken) throw new Forbidden('form token');
  if (!isForViewers && !canAct(visit)) throw new Forbidden('role');
}

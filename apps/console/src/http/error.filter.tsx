import { status as Code } from '@grpc/grpc-js';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import type { Logger } from '@wxa/service';
import type { Response } from 'express';
import { LOGGER } from '../config.js';
import { type Failure, failureOf, statusOf } from '../gateway/failure.js';
import type { TextKey } from '../text/text.js';
import { ErrorBox, Form } from '../ui/form.js';
import { Elsewhere, Forbidden, LoginRequired, type PageView, SeeOther, type View } from '../visit/view.js';
import { addressOf, type Visit, type VisitRequest } from '../visit/visit.js';
import { write } from './respond.js';

/** Turns every error into a page; none is a broken one. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<VisitRequest>();
    const response = http.getResponse<Response>();
    const view = this.#viewOf(error, request);
    if (response.headersSent) response.end();
    else response.send(write(response, request.visit, view));
  }

  #viewOf(error: unknown, request: VisitRequest): View {
    const { visit } = request;
    if (error instanceof LoginRequired) return loginFirst(request);
    if (error instanceof Elsewhere) return new SeeOther(error.path);
    if (error instanceof Forbidden) return message(visit, 403, 'forbiddenTitle', visit.t('forbidden'));
    if (error instanceof HttpException) return this.#ofHttp(error.getStatus(), visit);
    const failure = failureOf(error);
    if (failure !== undefined) return ofGateway(failure, request);
    this.logger.error({ error: error instanceof Error ? error.stack : String(error) }, 'unexpected error');
    return message(visit, 500, 'failedTitle', visit.t('failed'));
  }

  #ofHttp(status: number, visit: Visit): View {
    return status === 404
      ? message(visit, 404, 'notFoundTitle', visit.t('notFound'))
      : message(visit, status, 'refusedTitle', visit.t('failed'));
  }
}

/** To the login and from there back; a form is not sent again, and the login says so. */
function loginFirst({ visit, method, headers }: VisitRequest): View {
  const login = `/login?to=${encodeURIComponent(addressOf(visit))}${method === 'POST' ? '&ended' : ''}`;
  if (headers['hx-request'] === undefined) return new SeeOther(login);
  // htmx would take the login for the part of the page that it has requested.
  return { title: visit.t('logIn'), status: 401, headers: { 'hx-redirect': login }, body: null };
}

/** The title of the page of each status, and what it says; nothing: what the gateway says. */
const WORDS: Partial<Record<number, readonly [title: TextKey, text?: TextKey]>> = {
  400: ['refusedTitle'],
  403: ['forbiddenTitle'],
  404: ['notFoundTitle', 'notFound'],
  409: ['refusedTitle'],
  429: ['tooManyTitle', 'tooMany'],
  503: ['unavailableTitle', 'unavailable'],
};

function ofGateway(failure: Failure, request: VisitRequest): PageView {
  const { visit } = request;
  const { t } = visit;
  const status = statusOf(failure);
  const [title, text] = WORDS[status] ?? ['failedTitle', 'failed'];
  if (text === undefined)
    return { title: t(title), failure, body: <ErrorBox visit={visit} failure={failure} /> };
  const seconds = failure.retryAfterSeconds ?? 1;
  // Not the fault of the visitor.
  const isOfConsole = failure.code === Code.UNAUTHENTICATED;
  const words = t(isOfConsole ? 'credentialRefused' : text, { seconds });
  const view = message(visit, status, title, words, request);
  return status === 429 || status === 503 ? { ...view, headers: { 'retry-after': `${seconds}` } } : view;
}

/** @param request what is sent again; unless given, the page is only opened. */
function message(
  visit: Visit,
  status: number,
  title: TextKey,
  text: string,
  request?: VisitRequest,
): PageView {
  const isRetryable = status === 503 || status === 429 || status === 500;
  return {
    status,
    title: visit.t(title),
    body: (
      <div role="alert" class="banner">
        <p>{text}</p>
        {isRetryable && <Retry visit={visit} request={request} />}
      </div>
    ),
  };
}

/** Opens the page again. A form is sent again with its input; with its `request_id` it acts once. */
function Retry({ visit, request }: { visit: Visit; request: VisitRequest | undefined }) {
  const verb = visit.t('retryPage');
  if (request?.method !== 'POST') return <a href={addressOf(visit)}>{verb}</a>;
  const { form_token: _, ...fields }: Record<string, string> = request.body;
  return (
    <Form visit={visit} action={addressOf(visit)} class="actions">
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <button type="submit">{verb}</button>
    </Form>
  );
}

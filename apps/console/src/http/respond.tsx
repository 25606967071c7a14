import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { render } from 'preact-render-to-string';
import { map, type Observable } from 'rxjs';
import { statusOf } from '../gateway/failure.js';
import { Layout } from '../ui/layout.js';
import './visible-text.js';
import { SeeOther, type View } from '../visit/view.js';
import type { Visit, VisitRequest } from '../visit/visit.js';

/** Sends what the page's method returned. Methods that write the response themselves return undefined. */
@Injectable()
export class RenderInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<View | undefined>): Observable<unknown> {
    const http = context.switchToHttp();
    const { visit } = http.getRequest<VisitRequest>();
    const response = http.getResponse<Response>();
    return next.handle().pipe(map((view) => (isView(view) ? write(response, visit, view) : view)));
  }
}

/** Sets status and headers; returns the body. */
export function write(response: Response, visit: Visit, view: View): string {
  if (view instanceof SeeOther) {
    response.status(303).set('location', view.location);
    return '';
  }
  const { status = statusOf(view.failure) } = view;
  response.status(status).set({ 'content-type': 'text/html; charset=utf-8', ...view.headers });
  return `<!doctype html>${render(<Layout visit={visit} view={view} />)}`;
}

function isView(view: unknown): view is View {
  return typeof view === 'object' && view !== null && (view instanceof SeeOther || 'body' in view);
}

import { status as Code, Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import type { ArgumentsHost } from '@nestjs/common';
import type { Logger } from '@wxa/service';
import { parse } from 'node-html-parser';
import { translator } from '../text/text.js';
import { ErrorFilter } from './error.filter.js';

/** The page that a request gets whose call of the gateway failed. */
function pageOf(code: Code, request: { method: string; body?: object }) {
  const error = Object.assign(new Error('away'), { code, details: 'away', metadata: new Metadata() });
  const url = new URL('http://console/rollouts/1/draft/start?a=b');
  const session = { name: 'operator', role: 'operator', formToken: 'new' };
  const visit = { url, session, language: 'en', t: translator('en'), timeZone: 'UTC', doubts: 12_345 };
  let status = 0;
  let html = '';
  const response = {
    status: (given: number) => {
      status = given;
      return response;
    },
    set: () => response,
    send: (text: string) => {
      html = text;
    },
  };
  const http = { getRequest: () => ({ ...request, visit }), getResponse: () => response };
  new ErrorFilter({} as Logger).catch(error, { switchToHttp: () => http } as unknown as ArgumentsHost);
  const page = parse(html);
  return { status, banner: page.querySelector('main .banner'), badge: page.querySelector('.badge') };
}

it('A page that the gateway did not answer has a link to itself, and separators in the number of doubts', () => {
  const { status, banner, badge } = pageOf(Code.UNAVAILABLE, { method: 'GET' });
  expect(status).toBe(503);
  expect(banner?.querySelector('a')?.getAttribute('href')).toBe('/rollouts/1/draft/start?a=b');
  expect(badge?.textContent).toBe('12,345');
});

it.each([
  [Code.UNAVAILABLE, 503],
  [Code.RESOURCE_EXHAUSTED, 429],
])('A form whose call fails with code %i can be sent again with its input', (code, expected) => {
  const body = { form_token: 'old', request_id: 'x', labels: 'one\n"two"' };
  const { status, banner } = pageOf(code, { method: 'POST', body });
  expect(status).toBe(expected);
  expect(banner?.querySelector('form')?.getAttribute('action')).toBe('/rollouts/1/draft/start?a=b');
  const inputs = banner?.querySelectorAll('form input') ?? [];
  expect(inputs.map((input) => [input.getAttribute('name'), input.getAttribute('value')])).toEqual([
    ['form_token', 'new'],
    ['request_id', 'x'],
    ['labels', 'one\n"two"'],
  ]);
});

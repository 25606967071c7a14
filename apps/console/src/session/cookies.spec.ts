import { expect, it } from '@jest/globals';
import type { Response } from 'express';
import type { ConsoleSettings } from '../config.js';
import { Cookies } from './cookies.js';

function cookiesAt(url: string) {
  const address = { CONSOLE_PUBLIC_URL: url, CONSOLE_ADDR: { host: '', port: 0 } };
  const cookies = new Cookies(address as ConsoleSettings);
  const set: string[] = [];
  const response = { cookie: (name: string, _: string, { path = '/' }) => set.push(`${name} ${path}`) };
  for (const name of ['session', 'singleSignOn'] as const)
    cookies.set(response as unknown as Response, name, 'x', 1);
  return { cookies, set };
}

it('With https a session or a pending login that another host could have set is not read', () => {
  const { cookies, set } = cookiesAt('https://console.example.com');
  expect(set).toEqual(['__Host-wxa_session /', '__Host-wxa_single_sign_on /']);
  expect(cookies.of('wxa_session=planted; wxa_single_sign_on=planted')('session')).toBeUndefined();
  expect(cookies.of('__Host-wxa_session=own; wxa_session=planted')('session')).toBe('own');
});

it('On this machine, without https, cookies have no prefix, which browsers would refuse', () => {
  const { cookies, set } = cookiesAt('http://127.0.0.1:8082');
  expect(set[0]).toBe('wxa_session /');
  expect(cookies.of('wxa_session=own')('session')).toBe('own');
});

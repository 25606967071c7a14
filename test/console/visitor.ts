import type { Stack } from '@wxa/stack';
import { type HTMLElement, parse } from 'node-html-parser';

/** A page as a browser without JavaScript gets it. */
export interface Page {
  status: number;
  /** Path and query after redirects. */
  path: string;
  headers: Headers;
  html: HTMLElement;
  /** Of the main part, with single spaces. */
  text: string;
}

/** A browser without JavaScript: keeps cookies, follows redirects, submits the forms of pages. */
export class Visitor {
  readonly #cookies = new Map<string, string>();

  constructor(
    private readonly origin: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  /** A visitor of a stack's console who is logged in, as the operator unless another user is given. */
  static async of({ console: pages }: Stack, user?: { name: string; password: string }): Promise<Visitor> {
    if (pages === undefined) throw new Error('the stack has no console');
    const visitor = new Visitor(pages.url);
    const name = user?.name ?? pages.user;
    const password = user?.password ?? pages.password;
    const form = await visitor.get('/login');
    const page = await visitor.submit(form, 'form[action="/login"]', { name, password });
    if (page.path !== '/') throw new Error(`login failed: ${page.status} ${page.text}`);
    return visitor;
  }

  /** The value of a cookie that was set. */
  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  get(path: string): Promise<Page> {
    return this.#visit(path, {});
  }

  /** Follows the link with this text. */
  follow(page: Page, text: string): Promise<Page> {
    const link = page.html.querySelectorAll('a').find((one) => textOf(one) === text);
    if (link === undefined) throw new Error(`no link "${text}" on ${page.path}: ${page.text}`);
    return this.get(link.getAttribute('href') ?? '');
  }

  /** Submits the first form that matches, with its own values where none is given. */
  submit(page: Page, form: string, values: Record<string, string> = {}): Promise<Page> {
    const found = page.html.querySelector(form);
    if (found === null) throw new Error(`no ${form} on ${page.path}: ${page.text}`);
    const action = found.getAttribute('action') ?? page.path;
    const fields = new URLSearchParams({ ...Object.fromEntries(fieldsOf(found)), ...values });
    const method = found.getAttribute('method')?.toLowerCase();
    return method === 'post' ? this.post(action, fields) : this.get(`${action}?${fields}`);
  }

  post(path: string, fields: URLSearchParams, headers: Record<string, string> = {}): Promise<Page> {
    const own = { origin: this.origin, 'content-type': 'application/x-www-form-urlencoded', ...headers };
    return this.#visit(path, { method: 'POST', body: `${fields}`, headers: own });
  }

  async #visit(path: string, init: RequestInit): Promise<Page> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...this.headers, ...(cookie && { cookie }), ...(init.headers as object) };
    const url = new URL(path, this.origin);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    const body = await response.text();
    if (response.status === 303 && location !== null) return this.#visit(new URL(location, url).href, {});
    const html = parse(body);
    return {
      status: response.status,
      path: `${url.pathname}${url.search}`,
      headers: response.headers,
      html,
      text: textOf(html.querySelector('main') ?? html),
    };
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';');
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

/** The texts of the rows of a page's table. */
export const rowsOf = (page: Page): string[] => page.html.querySelectorAll('tbody tr').map(textOf);

/** The value of the first input of a page that matches. */
export const inputOf = ({ html }: Page, selector: string) =>
  html.querySelector(selector)?.getAttribute('value');

/** The text of an element with single spaces. */
export function textOf(element: HTMLElement): string {
  return element.textContent.replace(/\s+/g, ' ').trim();
}

function fieldsOf(form: HTMLElement): [string, string][] {
  return form.querySelectorAll('input[name], textarea[name], select[name]').flatMap((field) => {
    const isOption = /^(checkbox|radio)$/.test(field.getAttribute('type') ?? '');
    if (isOption && !field.hasAttribute('checked')) return [];
    return [[field.getAttribute('name') ?? '', fieldValue(field)]];
  });
}

function fieldValue(field: HTMLElement): string {
  if (field.tagName === 'TEXTAREA') return field.textContent;
  if (field.tagName !== 'SELECT') return field.getAttribute('value') ?? '';
  const chosen = field.querySelector('option[selected]') ?? field.querySelector('option');
  return chosen?.getAttribute('value') ?? chosen?.textContent ?? '';
}

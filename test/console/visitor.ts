import type { Stack } from '@wxa/stack';
import { type HTMLElement, parse } from 'node-html-parser';

/** A page as a browser gets it. */
export interface Page {
  status: number;
  /** Path and query after redirects. */
  path: string;
  headers: Headers;
  html: HTMLElement;
  text: string;
}

/** What the application knows before its first call. */
interface Facts {
  logins: { password: boolean; singleSignOn: boolean };
  session?: { name: string; role: string; scope?: string; formToken: string };
}

/** A browser that runs no script: keeps cookies, follows redirects, submits the forms of pages. */
export class Visitor {
  readonly #cookies = new Map<string, string>();

  constructor(private readonly origin: string) {}

  /** A visitor of a stack's console who is logged in, as the operator unless another user is given. */
  static async of({ console: pages }: Stack, user?: { name: string; password: string }): Promise<Visitor> {
    if (pages === undefined) throw new Error('the stack has no console');
    const visitor = new Visitor(pages.url);
    const answer = await visitor.logIn(user ?? { name: pages.user, password: pages.password });
    if (answer.status !== 200) throw new Error(`login failed: ${answer.status} ${await answer.text()}`);
    return visitor;
  }

  /** Sends what the page of the login does. @param to where the user wanted to go. */
  async logIn(user: { name: string; password: string }, to = '/'): Promise<Response> {
    const answer = await fetch(`${this.origin}/login`, {
      method: 'POST',
      headers: { origin: this.origin, 'content-type': 'application/json' },
      body: JSON.stringify({ ...user, to }),
    });
    this.#keep(answer);
    return answer;
  }

  /** What the application's page says to this visitor. */
  async facts(): Promise<Facts> {
    const { html } = await this.get('/login');
    return JSON.parse(html.querySelector('meta[name=console-facts]')?.getAttribute('content') ?? '{}');
  }

  /** Whether the API takes the visitor's session; without a form token it does nothing for it. */
  async isLoggedIn(): Promise<boolean> {
    const headers = { origin: this.origin, cookie: this.cookies };
    const { status } = await fetch(`${this.origin}/api/console/users`, { method: 'POST', headers });
    if (status !== 401 && status !== 403) throw new Error(`status ${status}`);
    return status === 403;
  }

  /** The header of all cookies. */
  get cookies(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** The value of a cookie that was set. */
  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  get(path: string): Promise<Page> {
    return this.#visit(path);
  }

  /** The page behind the first link with this text. */
  follow(page: Page, text: string): Promise<Page> {
    const link = page.html.querySelectorAll('a').find((one) => textOf(one) === text);
    if (link === undefined) throw new Error(`no link "${text}" on ${page.path}: ${page.text}`);
    return this.get(link.getAttribute('href') ?? '');
  }

  /** Submits the first form that matches, with its own values where none is given. */
  submit(page: Page, form: string, values: Record<string, string> = {}): Promise<Page> {
    const found = page.html.querySelector(form);
    if (found === null) throw new Error(`no ${form} on ${page.path}: ${page.text}`);
    const inputs = found.querySelectorAll('input[name]');
    const own = inputs.map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? '']);
    return this.post(found.getAttribute('action') ?? page.path, { ...Object.fromEntries(own), ...values });
  }

  post(path: string, fields: Record<string, string> = {}): Promise<Page> {
    return this.#visit(path, {
      method: 'POST',
      headers: { origin: this.origin },
      body: new URLSearchParams(fields),
    });
  }

  async #visit(path: string, init: RequestInit = {}): Promise<Page> {
    const url = new URL(path, this.origin);
    const headers = { ...(init.headers as object), ...(this.cookies && { cookie: this.cookies }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    this.#keep(response);
    const location = response.headers.get('location');
    const body = await response.text();
    if (response.status === 303 && location !== null) return this.#visit(new URL(location, url).href);
    const html = parse(body);
    return {
      status: response.status,
      path: `${url.pathname}${url.search}`,
      headers: response.headers,
      html,
      text: textOf(html),
    };
  }

  #keep({ headers }: Response): void {
    for (const line of headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}

/** The text of an element with single spaces. */
function textOf(element: HTMLElement): string {
  return element.textContent.replace(/\s+/g, ' ').trim();
}

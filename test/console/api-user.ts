import type { Stack } from '@wxa/stack';
import { Visitor } from './visitor.js';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  json: any;
}

/** A user of the console whose browser runs the application: calls RPCs in JSON. */
export class ApiUser {
  private constructor(
    private readonly origin: string,
    private readonly visitor: Visitor,
    readonly formToken: string,
  ) {}

  /** @param visitor who is logged in. */
  static async of(origin: string, visitor: Visitor): Promise<ApiUser> {
    const { session } = await visitor.facts();
    if (session === undefined) throw new Error('nobody is logged in');
    return new ApiUser(origin, visitor, session.formToken);
  }

  /** A user of a stack's console, the operator unless another one is given. */
  static async in(stack: Stack, user?: { name: string; password: string }): Promise<ApiUser> {
    return ApiUser.of(stack.console?.url ?? '', await Visitor.of(stack, user));
  }

  /** The status and the JSON of an answer. */
  async call(rpc: string, request: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.post(`/api/${rpc}`, request, headers);
    return { status: response.status, json: await response.json() } as Answer;
  }

  /** Sends JSON as the application does. */
  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> {
    const own = { origin: this.origin, cookie: this.cookies, 'x-form-token': this.formToken };
    return fetch(`${this.origin}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...own, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** The header of its cookies. */
  get cookies(): string {
    return this.visitor.cookies;
  }

  stream(rpc: string, request: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const query = encodeURIComponent(JSON.stringify(request));
    return fetch(`${this.origin}/api/${rpc}?request=${query}`, {
      headers: { cookie: this.cookies, ...headers },
    });
  }
}

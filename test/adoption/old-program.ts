import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from '@wxa/stack';
import type { CallsView, OldCallback, TokenOrigin } from '@wxa/wechat-sim';

const SCRIPT = fileURLToPath(new URL('../../apps/wechat-sim/dist/old-program/main.js', import.meta.url));

/** The simulated program of a platform, as a process. */
export class OldProgram {
  readonly url: string;

  private constructor(
    private readonly app: App,
    port: number,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** @param env the platform's credentials and WECHAT_API_URL. */
  static async start(port: number, env: Record<string, string>, folder: string): Promise<OldProgram> {
    const app = new App({
      ...{ name: 'old-program', script: SCRIPT, logFile: join(folder, 'old-program.log') },
      env: { ...env, OLD_PROGRAM_ADDR: `127.0.0.1:${port}` },
      readyUrl: `http://127.0.0.1:${port}/old/mode`,
    });
    await app.start();
    await app.waitReady();
    return new OldProgram(app, port);
  }

  async callbacks(): Promise<OldCallback[]> {
    return (await this.#ask<{ callbacks: OldCallback[] }>('callbacks')).callbacks;
  }

  async takeTokens(origin: TokenOrigin): Promise<void> {
    await this.#ask('tokens', origin);
  }

  /** Calls WeChat so often with its tokens; 0: no more. */
  async callWechat(perSecond: number): Promise<void> {
    await this.#ask('calls', { perSecond });
  }

  calls(): Promise<CallsView> {
    return this.#ask('calls');
  }

  /** Whether its token URL has a token. */
  async hasTokenOf(appid: string): Promise<boolean> {
    return (await fetch(`${this.url}/token?appid=${appid}`)).ok;
  }

  async stop(): Promise<void> {
    await this.app.stop();
  }

  async #ask<T>(path: string, body?: object): Promise<T> {
    const init = body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) };
    const response = await fetch(`${this.url}/old/${path}`, init);
    if (!response.ok) throw new Error(`/old/${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
}

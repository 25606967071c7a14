import { setMaxListeners } from 'node:events';
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimConfig } from '../config.js';
import type { Ledger } from '../ledger.js';
import type { PushEntry } from '../ledger-entries.js';
import { callbackUrlOf, type Push, type Registration, type Registrations, replyIn } from './registrations.js';

/** WeChat sends a callback until it gets `success`, three times in total. */
const ATTEMPTS = 3;
const MAX_RESPONSE_CHARACTERS = 64 * 1024;

/** How a callback is sent: how often, after which delay, with which gap, or not at all. */
export interface PushPlan {
  times?: number | undefined;
  delayMs?: number | undefined;
  gapMs?: number | undefined;
  /** Instead of WeChat's three. */
  attempts?: number;
  /** Before the next attempt, instead of SIM_PUSH_RETRY_MS. */
  retryMs?: number;
  none?: boolean | undefined;
}

/** The response of the callback; without one, status null and the reason. `reply`: the decrypted message of an encrypted one. */
export interface PushResponse {
  status: number | null;
  body: string;
  reply?: string;
}

/** How a callback ended: its first attempt, and the last one, which was accepted or given up. Instants are those of the ledger. */
export interface PushDelivery {
  firstAt: number;
  lastAt: number;
  endedAt: number;
  isAccepted: boolean;
}

/** Sends callbacks to the registered URLs, encrypted or plain. Without a URL nothing is sent. */
export class Pusher {
  /** Without a limit of sockets: a callback that waits here for the answer of another one would look like one that is answered late. */
  private readonly agents = {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true }),
  };
  private readonly open = new Set<ClientRequest>();
  private stopping = stoppable();

  constructor(
    private readonly config: SimConfig,
    private readonly ledger: Ledger,
    private readonly registrations: Registrations,
  ) {}

  get isOn(): boolean {
    return this.registrations.isOn;
  }

  /** Aborted by a stop or reset, which ends all pauses. */
  private get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Sends a callback as planned; nothing without a URL. Resolves to how it ended the last time. */
  async deliver(push: Push, plan: PushPlan): Promise<PushDelivery | undefined> {
    if (plan.none || !this.isOn) return undefined;
    const { signal } = this;
    if (plan.delayMs) await pause(plan.delayMs, signal);
    let delivery: PushDelivery | undefined;
    for (let time = 0; time < (plan.times ?? 1); time += 1) {
      if (time > 0 && plan.gapMs) await pause(plan.gapMs, signal);
      const copies = this.registrations.copiesOf(push);
      delivery = (await Promise.all(copies.map((copy) => this.sendUntilAccepted(copy, signal, plan)))).at(-1);
    }
    return delivery;
  }

  /** Sends a callback until it gets `success`, at most `attempts` times. */
  private async sendUntilAccepted(
    push: Push,
    signal: AbortSignal,
    { attempts = ATTEMPTS, retryMs = this.config.pushRetryMs }: PushPlan,
  ): Promise<PushDelivery | undefined> {
    let delivery: PushDelivery | undefined;
    for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt += 1) {
      const { response, entry } = await this.attempt(push, attempt);
      const { status, body, reply } = response;
      const { startedAt: lastAt, endedAt } = entry;
      const isAccepted = status === 200 && (body === 'success' || reply !== undefined);
      delivery = { firstAt: delivery?.firstAt ?? lastAt, lastAt, endedAt: endedAt ?? lastAt, isAccepted };
      if (isAccepted) break;
      if (attempt < attempts) await pause(retryMs, signal);
    }
    return delivery;
  }

  /** Sends a callback several times with one attempt each; returns the last response of the live version and all of them. */
  async sendTimes(push: Push, times: number): Promise<PushResponse & { answers: PushResponse[] }> {
    const answers: PushResponse[] = [];
    for (let time = 0; time < times; time += 1)
      for (const copy of this.registrations.copiesOf(push)) answers.push(await this.send(copy));
    return { status: null, body: '', ...answers.at(-1), answers };
  }

  /** One attempt. Never throws: an error is part of the response. */
  async send(push: Push): Promise<PushResponse> {
    return (await this.attempt(push, 1)).response;
  }

  private async attempt(push: Push, attempt: number): Promise<{ response: PushResponse; entry: PushEntry }> {
    const mode = push.mode ?? this.config.callbackMode;
    const { appid, event, xml } = push;
    const { version, registration } = this.registrations.of(push);
    const entry = this.ledger.beginPush({ appid, event, mode, attempt, version, body: xml });
    const failed = (error: Error): PushResponse => ({ status: null, body: error.message });
    const answer = await this.write({ ...push, mode }, registration).catch(failed);
    const response = { ...answer, ...replyIn(answer, registration) };
    this.ledger.endPush(entry, response);
    return { response, entry };
  }

  private async write(push: Push, registration: Registration): Promise<PushResponse> {
    const isPlain = push.mode === 'plain';
    const { query, body } = isPlain
      ? { query: '', body: push.xml }
      : this.registrations.encrypt(push, registration);
    const url = new URL(callbackUrlOf(push, registration));
    url.search = [url.search.slice(1), query].filter(Boolean).join('&');
    return this.post(url, body);
  }

  private post(url: URL, body: string): Promise<PushResponse> {
    const isHttps = url.protocol === 'https:';
    const agent = isHttps ? this.agents.https : this.agents.http;
    const type = body.startsWith('{') ? 'application/json' : 'text/xml';
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const request = (isHttps ? httpsRequest : httpRequest)(url, { method: 'POST', agent, headers });
      const timeOut = () => request.destroy(new Error(`no response within ${this.config.pushTimeoutMs} ms`));
      const timer = setTimeout(timeOut, this.config.pushTimeoutMs);
      this.open.add(request);
      request.on('close', () => {
        clearTimeout(timer);
        this.open.delete(request);
      });
      request.on('response', (response) => readResponse(response).then(resolve, reject));
      request.on('error', reject).end(body);
    });
  }

  /** Cancels every callback in progress. */
  stop(): void {
    this.stopping.abort();
    this.stopping = stoppable();
    for (const request of this.open) request.destroy(new Error('stopped'));
  }

  close(): void {
    this.stop();
    this.agents.http.destroy();
    this.agents.https.destroy();
  }
}

/** Waits until the time is up or the signal is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Any number of callbacks may listen to it. */
function stoppable(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

async function readResponse(response: IncomingMessage): Promise<PushResponse> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8'))
    if (body.length < MAX_RESPONSE_CHARACTERS) body += chunk;
  return { status: response.statusCode ?? null, body };
}

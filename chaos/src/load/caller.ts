import { setTimeout as delay } from 'node:timers/promises';
import { METHODS, type Method, type Operation, type RequestOf } from '@wxa/contracts';
import type { CallerAttempt, RequestRecord } from '../history.js';
import type { Random } from '../random.js';
import type { GatewayChannel } from './gateway-channel.js';
import { fullRequest } from './requests.js';
import { tagOfRequest } from './tags.js';

/**
 * After these statuses the caller cannot know whether the request was accepted, or may retry: it sends the same request_id again.
 */
const RETRYABLE = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'INTERNAL', 'UNKNOWN']);
const RETRY_PAUSE_MS = 200;
/** The share of answered changes that are sent again: the response must name the same operation. */
const REPEATED_SHARE = 0.15;
const MAX_ATTEMPTS = 500;

/** What all callers share. */
export interface LoadContext {
  requested: RequestRecord[];
  channels: readonly GatewayChannel[];
}

/** Sends requests for one mini-program to any gateway, retries if the outcome is unknown, and records everything. */
export class MiniProgramCaller {
  #count = 0;

  constructor(
    readonly appid: string,
    private readonly context: LoadContext,
    private readonly random: Random,
  ) {}

  /** The next request_id; a commit and a submission carry it to WeChat. */
  get nextRequestId(): string {
    return `${this.appid.slice(-4)}-${this.#count + 1}`;
  }

  /** Requests a change until it is accepted; returns the operation's id. */
  async change<M extends Method>(method: M, given: Partial<RequestOf<M>>): Promise<string> {
    const { requested, request } = this.#record(method, given);
    const first = this.#anyGateway();
    for (let turn = 0; turn < MAX_ATTEMPTS; turn++) {
      const { operation, failedWith = '' } = await this.#attempt(requested, request, first + turn);
      if (operation) {
        if (this.random.chance(REPEATED_SHARE)) await this.#attempt(requested, request, first + turn + 1);
        return operation;
      }
      if (!RETRYABLE.has(failedWith)) throw new Error(`${method} failed with ${failedWith}`);
      await delay(RETRY_PAUSE_MS);
    }
    throw new Error(`${method} was not accepted in ${MAX_ATTEMPTS} attempts`);
  }

  /** Sends a query once, or twice with one request_id, and ignores its result. */
  async query<M extends Method>(method: M, given: Partial<RequestOf<M>>): Promise<void> {
    const { requested, request } = this.#record(method, given);
    const gateway = this.#anyGateway();
    const repeated = this.random.chance(REPEATED_SHARE);
    await this.#attempt(requested, request, gateway);
    if (repeated) await this.#attempt(requested, request, gateway + 1);
  }

  /** The operation when it has ended or is in doubt, or its state after 5 s; undefined without a response. */
  wait(id: string): Promise<Operation | undefined> {
    return this.#channel(this.#anyGateway()).wait(id);
  }

  #record<M extends Method>(method: M, given: Partial<RequestOf<M>>) {
    const requestId = this.nextRequestId;
    this.#count += 1;
    const request = { ...fullRequest(method, given), appid: this.appid, requestId };
    const isChange = METHODS[method].kind === 'change';
    const tag = tagOfRequest(method, request);
    const requested: RequestRecord = { appid: this.appid, requestId, method, isChange, tag, attempts: [] };
    this.context.requested.push(requested);
    return { requested, request };
  }

  async #attempt(requested: RequestRecord, request: object, turn: number): Promise<CallerAttempt> {
    const sentAt = Date.now();
    const gateway = turn % this.context.channels.length;
    const called = await this.#channel(turn).call(requested.method, request);
    const result =
      called.kind === 'failed'
        ? { failedWith: called.code }
        : { operation: requested.isChange ? (called.response as Operation).id : null };
    const attempt: CallerAttempt = { gateway, sentAt, endedAt: Date.now(), ...result };
    requested.attempts.push(attempt);
    return attempt;
  }

  #anyGateway(): number {
    return this.random.int(0, this.context.channels.length - 1);
  }

  #channel(turn: number): GatewayChannel {
    const channel = this.context.channels[turn % this.context.channels.length];
    if (channel === undefined) throw new Error('no gateway');
    return channel;
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { METHODS, type Method, type Operation, type RequestOf } from '@wxa/contracts';
import type { Asked, Try } from '../history.js';
import type { Random } from '../random.js';
import type { GatewayChannel } from './gateway-channel.js';
import { requestOf } from './requests.js';
import { tagOfRequest } from './tags.js';

/**
 * After these statuses the caller cannot know whether the request was accepted, or may retry: it sends the same
 * request_id again.
 */
const COME_AGAIN = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'INTERNAL', 'UNKNOWN']);
const COME_AGAIN_MS = 200;
/** The share of answered changes that are sent again: the response must name the same operation. */
const REPEATED = 0.15;
const MOST_TRIES = 500;

/** What all callers share. */
export interface Wishes {
  asked: Asked[];
  channels: readonly GatewayChannel[];
}

/**
 * Sends requests for one mini-program to any gateway, retries if the outcome is unknown, and records
 * everything.
 */
export class Caller {
  #count = 0;

  constructor(
    readonly appid: string,
    private readonly wishes: Wishes,
    private readonly random: Random,
  ) {}

  /** The next request_id; a commit and a submission carry it to WeChat. */
  get nextRequestId(): string {
    return `${this.appid.slice(-4)}-${this.#count + 1}`;
  }

  /** Requests a change until it is accepted; returns the operation's id. */
  async change<M extends Method>(method: M, given: Partial<RequestOf<M>>): Promise<string> {
    const { asked, request } = this.#note(method, given);
    const first = this.#anyGateway();
    for (let turn = 0; turn < MOST_TRIES; turn++) {
      const { operation, refused = '' } = await this.#try(asked, request, first + turn);
      if (operation) {
        if (this.random.chance(REPEATED)) await this.#try(asked, request, first + turn + 1);
        return operation;
      }
      if (!COME_AGAIN.has(refused)) throw new Error(`${method} was refused with ${refused}`);
      await delay(COME_AGAIN_MS);
    }
    throw new Error(`${method} was not accepted in ${MOST_TRIES} tries`);
  }

  /** Sends a query once, or twice with one request_id, and ignores its result. */
  async query<M extends Method>(method: M, given: Partial<RequestOf<M>>): Promise<void> {
    const { asked, request } = this.#note(method, given);
    const gateway = this.#anyGateway();
    const repeated = this.random.chance(REPEATED);
    await this.#try(asked, request, gateway);
    if (repeated) await this.#try(asked, request, gateway + 1);
  }

  /** The operation when it has ended or is in doubt, or its state after 5 s; undefined without a response. */
  wait(id: string): Promise<Operation | undefined> {
    return this.#channel(this.#anyGateway()).wait(id);
  }

  #note<M extends Method>(method: M, given: Partial<RequestOf<M>>) {
    const requestId = this.nextRequestId;
    this.#count += 1;
    const request = { ...requestOf(method, given), appid: this.appid, requestId };
    const isChange = METHODS[method].kind === 'change';
    const tag = tagOfRequest(method, request);
    const asked: Asked = { appid: this.appid, requestId, method, isChange, tag, tries: [] };
    this.wishes.asked.push(asked);
    return { asked, request };
  }

  async #try(asked: Asked, request: object, turn: number): Promise<Try> {
    const sentAt = Date.now();
    const gateway = turn % this.wishes.channels.length;
    const called = await this.#channel(turn).ask(asked.method, request);
    const answer =
      called.kind === 'refused'
        ? { refused: called.code }
        : { operation: asked.isChange ? (called.answer as Operation).id : null };
    const tried: Try = { gateway, sentAt, endedAt: Date.now(), ...answer };
    asked.tries.push(tried);
    return tried;
  }

  #anyGateway(): number {
    return this.random.int(0, this.wishes.channels.length - 1);
  }

  #channel(turn: number): GatewayChannel {
    const channel = this.wishes.channels[turn % this.wishes.channels.length];
    if (channel === undefined) throw new Error('there is no gateway');
    return channel;
  }
}

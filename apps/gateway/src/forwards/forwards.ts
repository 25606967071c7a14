import { hostname } from 'node:os';
import { type ForwardRule, type ForwardRules, readForwards, ruleFor, SOME_APPID, urlOf } from '@wxa/policy';
import { isLoopback, type Logger, LogLimit, reportInsecure, untilItWorks } from '@wxa/service';
import type { Store } from '@wxa/store';
import { parseXml } from '@wxa/wxa-client';
import { FileInForce } from '../file-in-force.js';
import { forwardFileInvalid, forwardResults, forwardSeconds, forwards } from '../metrics.js';
import { type Delivery, deliver, type TargetAnswer } from './deliver.js';
import { ForwardHealth } from './forward-health.js';

/** This process, in the audit trail and in `GetForwards`. */
export const INSTANCE = `${hostname()}:${process.pid}`;

/** The result of a forward. */
export interface Forwarded {
  isDelivered: boolean;
  /** What WeChat is answered instead of `success`; undefined if that. */
  reply?: Buffer | undefined;
  onFailure: ForwardRule['onFailure'];
}

export interface ForwardOptions {
  path: string;
  /** Whether tickets and authorizations are kept here. */
  keepsTokens: boolean;
  logger: Logger;
  store: { callers: Pick<Store['callers'], 'recordForwards'> };
}

/** A callback and what it is about. `isOfPlatform`: it came to the platform's own URL. */
export interface Forwardable extends Delivery {
  name: string;
  appid: string;
  isOfPlatform: boolean;
}

/** Sends callbacks to programs of the platform, by the rules of a file, and says what they answered. Never retries. */
export class Forwards {
  readonly #inFlight = new Map<string, number>();
  readonly #health = new Map<string, ForwardHealth>();
  readonly #failures = new LogLimit();
  #file: FileInForce<ForwardRules> | undefined;
  #before: string | null = null;

  private constructor(private readonly options: ForwardOptions) {}

  /** Reads the file. Rejects with ConfigError if it is invalid. */
  static async open(options: ForwardOptions): Promise<Forwards> {
    const made = new Forwards(options);
    made.#file = await FileInForce.open({
      setting: 'CALLBACK_FORWARD_FILE',
      read: () => readForwards(options.path, options.keepsTokens),
      onLoaded: (rules) => made.#loaded(rules),
      onRead(errors) {
        forwardFileInvalid.set({}, errors.length > 0 ? 1 : 0);
        if (errors.length > 0) options.logger.error({ errors }, 'forward file invalid');
      },
    });
    return made;
  }

  stop(): void {
    this.#file?.stop();
  }

  /** The rules in force, with what each has done here. */
  get rules() {
    return (this.#file?.current.rules ?? []).map((rule) => ({
      rule,
      health: (this.#health.get(rule.name) ?? new ForwardHealth()).lastHour(),
    }));
  }

  /** Sends a callback to the target of the first rule for it. Never rejects; undefined if there is no rule. */
  async send(callback: Forwardable): Promise<Forwarded | undefined> {
    const rules = this.#file?.current;
    const rule = rules && ruleFor(rules, callback, this.options.keepsTokens);
    if (rule === undefined) return undefined;
    const { name: forward, maxInFlight, onFailure } = rule;
    const inFlight = this.#inFlight.get(forward) ?? 0;
    if (inFlight >= maxInFlight) {
      this.#count(forward, { isDelivered: false, result: 'busy' });
      return { isDelivered: false, onFailure };
    }
    this.#inFlight.set(forward, inFlight + 1);
    const startedAt = performance.now();
    try {
      const { result, ...forwarded } = await this.#exchange(rule, callback);
      this.#count(forward, { ...forwarded, result });
      return { ...forwarded, onFailure };
    } finally {
      forwardSeconds.observe({ forward }, (performance.now() - startedAt) / 1000);
      this.#inFlight.set(forward, (this.#inFlight.get(forward) ?? 1) - 1);
    }
  }

  #count(forward: string, { isDelivered, result }: { isDelivered: boolean; result: string }): void {
    forwards.inc({ forward, result });
    const health = this.#health.get(forward) ?? new ForwardHealth();
    this.#health.set(forward, health);
    health.add(isDelivered ? undefined : result);
  }

  async #exchange({ name, url, timeoutMs }: ForwardRule, callback: Forwardable) {
    const target = urlOf(url, callback.appid);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      if (target === undefined) throw new TypeError('the appid makes no URL');
      const answer = await deliver(target, callback, signal);
      const read = callback.isOfPlatform ? readPlatformAnswer(answer) : readAnswer(answer);
      if (!read.isDelivered) this.#logFailure(name, read.result, `HTTP ${answer.status}`);
      return read;
    } catch (error) {
      const result = signal.aborted ? 'timeout' : 'failed';
      this.#logFailure(name, result, error);
      return { isDelivered: false, result };
    }
  }

  #logFailure(forward: string, result: string, error: unknown): void {
    const limited = this.#failures.take();
    if (limited !== undefined)
      this.options.logger.warn({ forward, result, error: String(error), ...limited }, 'forward failed');
  }

  #loaded({ rules, sha256 }: ForwardRules): void {
    const { logger, store } = this.options;
    const names = rules.map(({ name }) => name);
    for (const forward of names) for (const result of forwardResults) forwards.inc({ forward, result }, 0);
    const isPlain = rules.some(({ url }) => {
      const target = urlOf(url, SOME_APPID);
      return target?.protocol === 'http:' && !isLoopback(target.hostname);
    });
    reportInsecure('forward_plaintext', isPlain, logger);
    logger.info({ sha256, forwards: names }, 'forwards loaded');
    const loaded = { sha256, before: this.#before, instance: INSTANCE, forwards: names };
    this.#before = sha256;
    void untilItWorks(logger, 'the audit trail', () => store.callers.recordForwards(loaded));
  }
}

/** At the platform's URL, WeChat wants `success`, whatever the target writes. */
function readPlatformAnswer({ status }: TargetAnswer) {
  const isDelivered = status >= 200 && status < 300;
  return { isDelivered, result: isDelivered ? 'success' : 'failed' };
}

/** Only an encrypted reply is passed on: WeChat would reject another one. */
function readAnswer({ status, body }: TargetAnswer) {
  if (status !== 200 || body === undefined) return { isDelivered: false, result: 'failed' };
  const text = body.toString().trim();
  if (text === '' || text === 'success') return { isDelivered: true, result: 'success' };
  if (!isEncrypted(text)) return { isDelivered: false, result: 'failed' };
  return { isDelivered: true, result: 'reply', reply: body };
}

/** WeChat's envelope in XML, or in JSON for channel shops. */
function isEncrypted(text: string): boolean {
  if (!text.startsWith('{')) return Boolean(parseXml(text)?.Encrypt);
  try {
    return typeof (JSON.parse(text) as { Encrypt?: unknown }).Encrypt === 'string';
  } catch {
    return false;
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { type Policy, readPolicy } from '@wxa/policy';
import { ConfigError, type Logger } from '@wxa/service';
import { policyInvalid, policyLoadedAt } from '../metrics.js';

const EVERY_MS = 5_000;
/** Between the two readings of a change. */
const CONFIRM_MS = 200;

export interface PolicyFileOptions {
  componentAppid: string | undefined;
  logger: Pick<Logger, 'info' | 'error'>;
  /** Called with each policy that comes into force, the first one included, and the texts of its files. */
  onLoaded?(policy: Policy, files: string): void;
  /** Waits until a change that was read is read once more. */
  beforeConfirming?(): Promise<unknown>;
}

/**
 * The policy in force. Its files are read again every 5 s; an invalid version changes nothing. A change is read twice, because a
 * file that is written in place may be valid without its end, such as a deny rule.
 */
export class PolicyFile {
  #files = '';
  #current: Policy | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #onChange = new Set<() => void>();

  private constructor(
    private readonly path: string,
    private readonly options: PolicyFileOptions,
  ) {}

  /** Reads the policy file. Rejects with ConfigError if it is invalid. */
  static async open(path: string, options: PolicyFileOptions): Promise<PolicyFile> {
    const file = new PolicyFile(path, options);
    const errors = await file.readAgain();
    if (errors.length > 0) throw new ConfigError(errors.map((error) => `AUTH_POLICY_FILE: ${error}`));
    file.#schedule();
    return file;
  }

  get current(): Policy {
    if (this.#current === undefined) throw new Error('no policy has been read');
    return this.#current;
  }

  /** Called after each change of the policy. */
  onChange(listener: () => void): void {
    this.#onChange.add(listener);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Reads the files now. Returns the errors of a new, invalid version; one that is being written is left to the next reading. */
  async readAgain(): Promise<string[]> {
    const { policy, errors, files } = await this.#read();
    if (files === this.#files) return [];
    if (this.#current !== undefined && !(await this.#isStill(files))) return [];
    this.#files = files;
    policyInvalid.set({}, policy === undefined ? 1 : 0);
    if (policy === undefined) {
      const texts = errors.map(({ file, line, message }) => `${file}:${line}: ${message}`);
      this.options.logger.error({ errors: texts }, 'policy invalid');
      return texts;
    }
    this.#load(policy, files);
    return [];
  }

  #read(): ReturnType<typeof readPolicy> {
    return readPolicy(this.path, this.options.componentAppid);
  }

  async #isStill(files: string): Promise<boolean> {
    const { beforeConfirming = () => delay(CONFIRM_MS, undefined, { ref: false }) } = this.options;
    await beforeConfirming();
    return (await this.#read()).files === files;
  }

  #load(policy: Policy, files: string): void {
    this.#current = policy;
    policyLoadedAt.set({}, Date.now() / 1000);
    this.options.logger.info({ sha256: policy.sha256, callers: policy.callers.length }, 'policy loaded');
    this.options.onLoaded?.(policy, files);
    for (const listener of this.#onChange) listener();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      void this.readAgain().finally(() => {
        if (this.#timer !== undefined) this.#schedule();
      });
    }, EVERY_MS).unref();
  }
}

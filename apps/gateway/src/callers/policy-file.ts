import { type Policy, type ReadPolicy, readPolicy } from '@wxa/policy';
import type { Logger } from '@wxa/service';
import { FileInForce } from '../file-in-force.js';
import { policyInvalid, policyLoadedAt } from '../metrics.js';

export interface PolicyFileOptions {
  componentAppid: string | undefined;
  logger: Pick<Logger, 'info' | 'error'>;
  /** Called with each policy that comes into force, the first one included, and the texts of its files. */
  onLoaded?(policy: Policy, files: string): void;
  /** Waits until a change that was read is read once more. */
  beforeConfirming?(): Promise<unknown>;
}

/** The policy in force, with its files of appids. */
export class PolicyFile {
  readonly #onChange = new Set<() => void>();
  #file: FileInForce<Policy> | undefined;

  private constructor(private readonly options: PolicyFileOptions) {}

  /** Reads the policy file. Rejects with ConfigError if it is invalid. */
  static async open(path: string, options: PolicyFileOptions): Promise<PolicyFile> {
    const policy = new PolicyFile(options);
    let last: ReadPolicy | undefined;
    policy.#file = await FileInForce.open({
      setting: 'AUTH_POLICY_FILE',
      async read() {
        last = await readPolicy(path, options.componentAppid, last);
        const { policy: value, errors, files } = last;
        return { value, errors, files };
      },
      onLoaded: (loaded, files) => policy.#loaded(loaded, files),
      onRead(errors) {
        policyInvalid.set({}, errors.length > 0 ? 1 : 0);
        if (errors.length > 0) options.logger.error({ errors }, 'policy invalid');
      },
      beforeConfirming: options.beforeConfirming,
    });
    return policy;
  }

  get current(): Policy {
    if (this.#file === undefined) throw new Error('no policy has been read');
    return this.#file.current;
  }

  /** Called after each change of the policy. */
  onChange(listener: () => void): void {
    this.#onChange.add(listener);
  }

  stop(): void {
    this.#file?.stop();
  }

  /** Reads the files now: see FileInForce. */
  async readAgain(): Promise<string[]> {
    return (await this.#file?.readAgain()) ?? [];
  }

  #loaded(policy: Policy, files: string): void {
    policyLoadedAt.set({}, Date.now() / 1000);
    this.options.logger.info({ sha256: policy.sha256, callers: policy.callers.length }, 'policy loaded');
    this.options.onLoaded?.(policy, files);
    for (const listener of this.#onChange) listener();
  }
}

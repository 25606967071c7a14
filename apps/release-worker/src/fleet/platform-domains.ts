import { randomUUID } from 'node:crypto';
import { ownOperation } from '@wxa/operations';
import type { Store } from '@wxa/store';

const LOOK_EVERY_MS = 60_000;
/** A read that fails is repeated. */
const ASK_AGAIN_MS = 10 * 60_000;

export interface PlatformDomainsTools {
  settings: Pick<Store['settings'], 'isPlatformReadDue'>;
  operations: Pick<Store['operations'], 'accept'>;
}

/** Reads the platform's own domains hourly while a layer of settings names one, in two calls. */
export class PlatformDomainsRead {
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: PlatformDomainsTools,
    private readonly componentAppid: string | undefined,
  ) {}

  /** Returns whether it asked for a read. */
  async ask(): Promise<boolean> {
    const { componentAppid: appid } = this;
    if (appid === undefined) return false;
    const now = performance.now();
    if (now < this.#nextAt) return false;
    this.#nextAt = now + LOOK_EVERY_MS;
    if (!(await this.store.settings.isPlatformReadDue())) return false;
    const request = { appid, requestId: `platform-domains-${randomUUID()}` };
    await this.store.operations.accept(ownOperation('GetPlatformDomains', request));
    this.#nextAt = now + ASK_AGAIN_MS;
    return true;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { Gateway } from './gateway.js';

const FRESH_MS = 5_000;

/** The number of operations in doubt, for the navigation of every page. */
@Injectable()
export class Doubts {
  #count: number | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(@Inject(Gateway) private readonly gateway: Gateway) {}

  /** At most a few seconds old while pages are visited; undefined while it is not known. A page never waits for it. */
  get count(): number | undefined {
    if (performance.now() - this.#readAt > FRESH_MS) void this.#read();
    return this.#count;
  }

  async #read(): Promise<void> {
    this.#readAt = performance.now();
    try {
      this.#count = (await this.gateway.as(undefined).platform.getPlatformStatus({})).operationsInDoubt;
    } catch {
      this.#count = undefined;
    }
  }
}

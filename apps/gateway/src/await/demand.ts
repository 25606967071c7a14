import { Injectable } from '@nestjs/common';

/** Lets the reader of outcomes pause until a call waits for one. */
@Injectable()
export class Demand {
  #wake: () => void = () => undefined;

  /** A call began to wait or to watch. */
  signal(): void {
    this.#wake();
  }

  /** Resolves after `ms`, or as soon as there is demand. */
  within(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

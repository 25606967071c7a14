import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Time } from '@wxa/release-worker';

/** Between two looks at the real world, so that a signal is heard and progress is told. */
const EVENTS_A_TURN = 200_000;
/** A promise of the product's own code is through with its `then`s after fewer turns than this. */
const MICROTASKS = 16;

type Event = (subject: never) => void;

/** Simulated time: what was planned happens in its order, and no time passes in between. */
export class Timeline implements Time {
  #now = 0;
  #size = 0;
  #times = new Float64Array(1024);
  readonly #events: Event[] = [];
  readonly #subjects: unknown[] = [];
  #promised = false;

  now(): number {
    return this.#now;
  }

  /** Plans an event for a subject, which costs no closure; one that lies in the past happens now. */
  at<Subject>(time: number, event: (subject: Subject) => void, subject: Subject): void {
    if (this.#size === this.#times.length) this.#grow();
    this.#rise(Math.max(time, this.#now), event, subject);
    this.#size += 1;
  }

  after(ms: number, event: () => void): () => void {
    let wanted = true;
    const unlessCancelled = () => {
      if (!wanted) return;
      event();
      this.promised();
    };
    this.at(this.#now + ms, unlessCancelled, undefined);
    return () => {
      wanted = false;
    };
  }

  /** A promise was resolved: whoever waits for it goes on before the next event. */
  promised(): void {
    this.#promised = true;
  }

  /** Resolves when nothing is planned any more. @param onTurn hears now and then. */
  async run(onTurn: () => void = () => undefined): Promise<void> {
    for (let events = 1; this.#size > 0; events++) {
      this.#next();
      if (this.#promised) await this.#microtasks();
      if (events % EVENTS_A_TURN > 0) continue;
      onTurn();
      await turnOfTheLoop();
    }
  }

  async #microtasks(): Promise<void> {
    this.#promised = false;
    for (let i = 0; i < MICROTASKS; i++) await undefined;
  }

  #next(): void {
    const event = this.#events[0] as (subject: unknown) => void;
    const subject = this.#subjects[0];
    this.#now = this.#times[0] as number;
    this.#size -= 1;
    const last = this.#events.pop() as Event;
    const lastSubject = this.#subjects.pop();
    if (this.#size > 0) this.#sink(this.#times[this.#size] as number, last, lastSubject);
    event(subject);
  }

  /** A binary heap: the parent of i is at (i - 1) / 2. */
  #rise(time: number, event: Event, subject: unknown): void {
    let i = this.#size;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((this.#times[parent] as number) <= time) break;
      this.#move(parent, i);
      i = parent;
    }
    this.#put(i, time, event, subject);
  }

  #sink(time: number, event: Event, subject: unknown): void {
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.#size) break;
      const isLater =
        child + 1 < this.#size && (this.#times[child + 1] as number) < (this.#times[child] as number);
      if (isLater) child += 1;
      if ((this.#times[child] as number) >= time) break;
      this.#move(child, i);
      i = child;
    }
    this.#put(i, time, event, subject);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#events[from] as Event, this.#subjects[from]);
  }

  #put(i: number, time: number, event: Event, subject: unknown): void {
    this.#times[i] = time;
    this.#events[i] = event;
    this.#subjects[i] = subject;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#times.length);
    larger.set(this.#times);
    this.#times = larger;
  }
}

import type { Timeline } from './timeline.js';

/** A process: Node's do one thing at a time, others as many as there are cores. */
export interface Process {
  /** Milliseconds of CPU that were asked of it so far. */
  spentMs: number;
}

/** One process and how long it works. */
export type Work = [process: Process, ms: number];

/** Where processes run. */
export interface Cpus {
  process(cores: number): Process;
  /** Has these work side by side from now on, each as soon as it can; then, and so much later, goes on. */
  spend<Subject>(
    works: readonly Work[],
    afterMs: number,
    then: (subject: Subject) => void,
    subject: Subject,
  ): void;
}

interface OwnProcess extends Process {
  /** When each core is done with what it has. */
  freeAt: number[];
}

/** Each process has cores of its own; who asks first goes first. */
export class OwnCores implements Cpus {
  constructor(private readonly timeline: Timeline) {}

  process(cores: number): Process {
    const process: OwnProcess = { spentMs: 0, freeAt: new Array<number>(cores).fill(0) };
    return process;
  }

  spend<Subject>(
    works: readonly Work[],
    afterMs: number,
    then: (subject: Subject) => void,
    subject: Subject,
  ): void {
    let doneAt = this.timeline.now();
    for (const [process, ms] of works) {
      if (ms > 0) doneAt = Math.max(doneAt, this.#work(process as OwnProcess, ms));
    }
    this.timeline.at(doneAt + afterMs, then, subject);
  }

  #work(process: OwnProcess, ms: number): number {
    const { freeAt } = process;
    let first = 0;
    for (let i = 1; i < freeAt.length; i++) {
      if ((freeAt[i] as number) < (freeAt[first] as number)) first = i;
    }
    process.spentMs += ms;
    const doneAt = Math.max(this.timeline.now(), freeAt[first] as number) + ms;
    freeAt[first] = doneAt;
    return doneAt;
  }
}

interface Task {
  process: SharedProcess;
  ms: number;
  onDone: () => void;
}

interface SharedProcess extends Process {
  /** How much it can do at once. */
  free: number;
  waiting: Task[];
}

/** All processes share the cores of one machine: a task waits for its process, then for a core. */
export class SharedCores implements Cpus {
  #free: number;
  readonly #ready: Task[] = [];

  constructor(
    private readonly timeline: Timeline,
    cores: number,
  ) {
    this.#free = cores;
  }

  process(cores: number): Process {
    const process: SharedProcess = { spentMs: 0, free: cores, waiting: [] };
    return process;
  }

  spend<Subject>(
    works: readonly Work[],
    afterMs: number,
    then: (subject: Subject) => void,
    subject: Subject,
  ): void {
    let left = works.length;
    const onDone = () => {
      left -= 1;
      if (left === 0) this.timeline.at(this.timeline.now() + afterMs, then, subject);
    };
    for (const [process, ms] of works) {
      process.spentMs += ms;
      this.#queue({ process: process as SharedProcess, ms, onDone });
    }
  }

  #queue(task: Task): void {
    const { process } = task;
    if (process.free === 0) {
      process.waiting.push(task);
      return;
    }
    process.free -= 1;
    this.#ready.push(task);
    this.#start();
  }

  #start(): void {
    if (this.#free === 0) return;
    const task = this.#ready.shift();
    if (task === undefined) return;
    this.#free -= 1;
    this.timeline.at(this.timeline.now() + task.ms, this.#ended, task);
  }

  readonly #ended = ({ process, onDone }: Task): void => {
    this.#free += 1;
    const next = process.waiting.shift();
    if (next === undefined) process.free += 1;
    else this.#ready.push(next);
    onDone();
    this.#start();
  };
}

import { StackError } from '../stack-error.js';
import { orAborted } from '../wait.js';
import type { Screen } from './screen.js';

/** Longer than any step takes, also on a slow machine with two busy answers. */
const STEP_MS = 20_000;

/** Where a step's text stands, below its title. */
const INDENT = '   ';

/** What a step gave, and what the screen says of it, a line each. */
export type Told<T> = { value: T; lines: string[] };

/** Takes one step after the other: title, what happens meanwhile, what came of it and how long it took. */
export class Steps {
  taken = 0;
  /** The step under way or the one that failed. */
  current = '';
  private readonly startedAt = performance.now();

  constructor(
    private readonly screen: Screen,
    private readonly signal: AbortSignal,
  ) {}

  /** Milliseconds since the first step. */
  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  chapter(title: string): void {
    this.screen.line();
    this.screen.line(title, { look: 'bold' });
  }

  /** A file that a step left behind. */
  saved(path: string): void {
    this.screen.path(`${INDENT}  saved as ${path}`);
  }

  /** Rejects with the work's error, when it takes over 20 s, and at once when the demo is ended. */
  async take<T>(who: string, what: string, work: () => Promise<Told<T>>): Promise<T> {
    this.current = `${this.taken + 1} (${who})`;
    this.screen.line(`${String(this.taken + 1).padStart(2)} ${who}  ${what}`, { look: 'cyan' });
    const startedAt = performance.now();
    const { value, lines } = await orAborted(withinDeadline(work()), this.signal);
    const [first = '', ...rest] = lines;
    const right = seconds(performance.now() - startedAt);
    this.screen.line(`${INDENT}✓ ${first}`, { look: 'green', right });
    for (const line of rest) this.screen.paragraph(line, { indent: `${INDENT}  ` });
    this.taken += 1;
    this.current = '';
    return value;
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

async function withinDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new StackError(`It was not done within ${STEP_MS / 1000} s.`);
    timer = setTimeout(() => reject(error), STEP_MS);
    // An ended demo leaves a step behind; it must not keep the process.
    timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

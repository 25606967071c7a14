import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { buildFailureTestResult } from '@jest/test-result';
import { isAlone, Queue } from './queue.js';

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));

/**
 * Runs spec files in a few processes of plain Node, each of which loads a module once for all its files. Jest's own runner
 * loads and evaluates all modules again for each file, which took longer than the tests of most files.
 */
export default class Runner {
  #config;

  constructor(config) {
    this.#config = config;
  }

  async runTests(tests, watcher, onStart, onResult) {
    const { maxWorkers } = this.#config;
    const { alone = [], others = [] } = Object.groupBy(tests, (test) => (isAlone(test) ? 'alone' : 'others'));
    await this.#runIn(maxWorkers, others, watcher, onStart, onResult);
    await this.#runIn(1, alone, watcher, onStart, onResult);
  }

  async #runIn(processes, tests, watcher, onStart, onResult) {
    const queue = new Queue(tests);
    const { testNamePattern } = this.#config;
    const runFiles = async (_, index) => {
      const id = index + 1;
      let child = new Child(id);
      for (let next = queue.next(id); next && !watcher.isInterrupted(); next = queue.next(id)) {
        const { test, unneeded } = next;
        await onStart(test);
        const { testTimeout, slowTestThreshold } = test.context.config;
        const file = { path: test.path, unneeded, testNamePattern, testTimeout, slowTestThreshold };
        const result = await child.run(file).catch((error) => failed(test, error));
        await onResult(test, result);
        if (child.ended) child = new Child(id);
      }
      await child.end();
    };
    const length = Math.min(processes, tests.length);
    const ends = await Promise.allSettled(Array.from({ length }, runFiles));
    const faults = ends.filter(({ reason }) => reason !== undefined).map(({ reason }) => reason.message);
    if (faults.length > 0) throw new Error(`What the files of one process share:\n${faults.join('\n')}`);
  }
}

function failed({ path }, { message, stack }) {
  return buildFailureTestResult(path, { message, stack });
}

/** A process that runs one file after the other. */
class Child {
  ended = false;
  #process;
  #answer = Promise.withResolvers();

  constructor(id) {
    this.#process = fork(CHILD, {
      env: { ...process.env, JEST_WORKER_ID: String(id) },
      execArgv: ['--enable-source-maps', '--disable-warning=ExperimentalWarning'],
    });
    this.#process.on('message', (answer) => this.#answer.resolve(answer));
    this.#process.on('exit', (code, signal) => {
      this.ended = true;
      this.#answer.reject(new Error(`The process of the tests ended (${signal ?? code}).`));
    });
  }

  /** The result of a file, as Jest's. */
  run(file) {
    return this.#ask(file);
  }

  /** Stops what the files of this process shared; throws what was wrong with it. */
  async end() {
    if (this.ended) return;
    const { error } = await this.#ask('end');
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    await exit;
    if (error) throw new Error(error);
  }

  #ask(question) {
    this.#answer = Promise.withResolvers();
    this.#process.send(question);
    return this.#answer.promise;
  }
}

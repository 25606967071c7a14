import { readFileSync } from 'node:fs';

/** The first line of a file that judges times or rates, which other files beside it would falsify. */
const ALONE = /^\/\*\* @alone\b/;
const SHARED = /\b(useSharedWorld|useSharedGateway)\((?:'(\w+)')?\)/;

/**
 * The files that wait for a process. Those that share a world go to the same process, which starts it only once and is
 * the only one that changes it.
 */
export class Queue {
  #waiting;
  #owners = new Map();

  constructor(tests) {
    this.#waiting = tests.map((test) => ({ test, shared: sharedBy(test) }));
  }

  /** The next file for a process: one that shares what the process has, then what no process has, then any other; undefined if
   * there is none. */
  next(owner) {
    const isOwn = ({ shared }) => shared !== undefined && this.#owners.get(shared) === owner;
    const isFree = ({ shared }) => shared !== undefined && !this.#owners.has(shared);
    const isAlone = ({ shared }) => shared === undefined;
    const file = [isOwn, isFree, isAlone].map((rule) => this.#waiting.find(rule)).find(Boolean);
    if (file === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(file), 1);
    if (file.shared !== undefined) this.#owners.set(file.shared, owner);
    return { test: file.test, unneeded: this.#unneeded(owner, file.shared) };
  }

  /** What a process has that no waiting file shares; each would take processor time until the end. */
  #unneeded(owner, current) {
    const isNeeded = (name) => name === current || this.#waiting.some(({ shared }) => shared === name);
    const names = [...this.#owners]
      .filter(([name, by]) => by === owner && !isNeeded(name))
      .map(([name]) => name);
    for (const name of names) this.#owners.delete(name);
    return names;
  }
}

function sharedBy({ path }) {
  const [, kind, name] = SHARED.exec(readFileSync(path, 'utf8')) ?? [];
  return kind && `${kind} ${name}`;
}

/** Whether a file runs after all others, and alone. */
export function isAlone({ path }) {
  return ALONE.test(readFileSync(path, 'utf8'));
}

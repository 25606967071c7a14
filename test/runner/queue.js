import { readFileSync } from 'node:fs';

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

  /** The next file for a process: one that shares what the process has, then what no process has, then any other. */
  next(owner) {
    const isOwn = ({ shared }) => shared !== undefined && this.#owners.get(shared) === owner;
    const isFree = ({ shared }) => shared !== undefined && !this.#owners.has(shared);
    const isAlone = ({ shared }) => shared === undefined;
    const file = [isOwn, isFree, isAlone].map((rule) => this.#waiting.find(rule)).find(Boolean);
    if (file === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(file), 1);
    if (file.shared !== undefined) this.#owners.set(file.shared, owner);
    return file.test;
  }
}

function sharedBy({ path }) {
  const [, kind, name] = SHARED.exec(readFileSync(path, 'utf8')) ?? [];
  return kind && `${kind} ${name}`;
}

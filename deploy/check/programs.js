// Programs that end with this process, also if it is stopped while one runs.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const stopping = new AbortController();

/** Runs a program to its end; resolves with its output. Rejects once everything stops. */
export function run(command, args, options = {}) {
  return promisify(execFile)(command, args, {
    maxBuffer: 64 * 1024 ** 2,
    signal: stopping.signal,
    ...options,
  });
}

/** Ends the programs that run. Only what ends the engine may start others. */
export function stopPrograms() {
  stopping.abort();
}

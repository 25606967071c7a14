import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../processes/stack-error.js';

const run = promisify(execFile);
const OLDEST_JAVA = 17;
const REMEDY = `install a JDK of version ${OLDEST_JAVA} or newer, or set KAFKA_BROKERS to a broker`;

/** How to run Java, and what `java -version` prints, which differs between releases. */
export type Java = { command: string; release: string };

/** The Java of JAVA_HOME or PATH. Throws a StackError with the remedy if it is too old for Kafka 4. */
export async function findJava(): Promise<Java> {
  const home = process.env.JAVA_HOME;
  const command = home ? join(home, 'bin', 'java') : 'java';
  const text = await run(command, ['-version']).then(
    ({ stderr, stdout }) => stderr + stdout,
    () => undefined,
  );
  if (text === undefined) {
    throw new StackError(`Java (${command}), which the embedded Kafka requires, was not found: ${REMEDY}.`);
  }
  const version = javaVersion(text);
  if (version < OLDEST_JAVA) {
    throw new StackError(`Java ${version} is too old for the embedded Kafka: ${REMEDY}.`);
  }
  return { command, release: text };
}

/** The major version in the output of `java -version` ("1.8.0_402" is 8), or 0 if it cannot be parsed. */
export function javaVersion(text: string): number {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return Number(first === '1' ? (second ?? 0) : (first ?? 0));
}

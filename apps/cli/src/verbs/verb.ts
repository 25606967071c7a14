import type { Call } from '../calls/call.js';

/** What a verb reads from its environment. */
export type Settings = 'gateway' | 'Postgres' | 'Kafka' | 'secrets' | 'policy' | 'users' | 'none';

/** A module that is imported when its verb runs, so that no verb loads the libraries of another. */
export interface Command {
  /** Resolves with the exit code. Rejects with a UsageError, a ConfigError or the error of a call. */
  run(args: string[]): Promise<number>;
}

/** A verb of the command line: a call of the gateway, or a command of its own. */
export type Verb = {
  /** What it does, in one line. */
  summary: string;
  /** What its arguments mean. */
  details?: string;
  /** Its arguments as an example that runs as it stands. */
  example: string;
  settings: readonly Settings[];
} & ({ call: Call } | { usage: string; load(): Promise<Command> });

export type Verbs = Readonly<Record<string, Verb>>;

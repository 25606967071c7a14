import type { NamedVerb } from './command.js';
import { EVERYDAY } from './everyday.js';
import { OPERATORS } from './operators.js';
import { PLATFORM } from './platform.js';
import { ROLLOUTS } from './rollouts.js';
import { SETUP } from './setup.js';
import type { Verbs } from './verb.js';

/** Every verb, as `wxa help` and docs/cli.md list them. */
export const GROUPS: Readonly<Record<string, Verbs>> = {
  'Mini-programs': EVERYDAY,
  'Domains, privacy, interfaces and testers': SETUP,
  'Operations and the platform': PLATFORM,
  Rollouts: ROLLOUTS,
  'Database, Kafka and files': OPERATORS,
};

export const VERBS: Verbs = Object.assign({}, ...Object.values(GROUPS));

/** The verb that a command line begins with; undefined if there is none. */
export function verbIn(argv: string[]): NamedVerb | undefined {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ');
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (verb !== undefined) return { name, verb, words: argv.slice(words) };
  }
  return undefined;
}

import type { NamedVerb } from './command.js';
import { EVERYDAY_VERBS } from './everyday.js';
import { OPERATOR_VERBS } from './operators.js';
import { PLATFORM_VERBS } from './platform.js';
import { ROLLOUT_VERBS } from './rollouts.js';
import { SETUP_VERBS } from './setup.js';
import type { Verbs } from './verb.js';

/** Every verb, as `wxa help` and docs/cli.md list them. */
export const GROUPS: Readonly<Record<string, Verbs>> = {
  'Mini-programs': EVERYDAY_VERBS,
  'Domains, privacy, interfaces and testers': SETUP_VERBS,
  'Operations and the platform': PLATFORM_VERBS,
  Rollouts: ROLLOUT_VERBS,
  'Database, Kafka and files': OPERATOR_VERBS,
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

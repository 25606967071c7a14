import type { CommonValues, Options, VerbArguments } from '../calls/call.js';
import type { RpcName } from '../gateway/rpc.js';

/** What a verb reads from its environment. */
export type SettingsGroup = 'gateway' | 'Postgres' | 'Kafka' | 'secrets' | 'policy' | 'users' | 'none';

type CamelCase<Name> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;
type NameOf<Flags> = Flags extends `--${infer Name} <${string}` | `--${infer Name}`
  ? CamelCase<Name extends `${infer Long} <${string}` ? Long : Name>
  : never;
type ValueOf<Flags> = Flags extends `${string}>` ? string : boolean;

/** The values of a verb's options, by their names in camel case. */
export type Values<Required, Optional> = CommonValues & {
  -readonly [Flags in keyof Required as NameOf<Flags>]: ValueOf<Flags>;
} & { -readonly [Flags in keyof Optional as NameOf<Flags>]?: ValueOf<Flags> };

interface Description {
  /** What it does, in one line. */
  summary: string;
  /** What its arguments mean. */
  details?: string;
  /** Its arguments as an example that runs as it stands. */
  example: string;
  settings: readonly SettingsGroup[];
}

/** A verb of the command line: a call of the gateway, or a command of its own. */
export type Verb = Description & ({ rpc: RpcName } | OwnCommand);

/** A command whose arguments are not those of a request. */
export interface OwnCommand extends VerbArguments {
  /**
   * Resolves with the exit code. Rejects with a UsageError, a ConfigError or the error of a call. It imports its module, so that no
   * verb loads the libraries of another.
   */
  run(args: string[], values: never): Promise<number>;
}

export type Verbs = Readonly<Record<string, Verb>>;

/** A verb whose `run` gets the values that its options declare. */
export function verb<
  const Required extends Options = Record<never, string>,
  const Optional extends Options = Record<never, string>,
>(
  settings: Description['settings'],
  declared: Omit<Description, 'settings'> &
    Omit<VerbArguments, 'required' | 'options'> & {
      required?: Required;
      options?: Optional;
      run(args: string[], values: Values<Required, Optional>): Promise<number>;
    },
): Verb {
  return { settings, ...declared };
}

/** A fault a person can mend: its message is one sentence with the remedy, shown without a stack trace. */
export class StackError extends Error {
  override name = 'StackError';
}

/** An app ended with the exit code for a wrong configuration, after these words. */
export class WrongConfiguration extends StackError {
  override name = 'WrongConfiguration';

  constructor(
    app: string,
    readonly said: string,
  ) {
    super(`${app} was given a wrong configuration:\n${said}`);
  }
}

const FAULTS: ReadonlyArray<readonly [pattern: RegExp, sentence: (where: string) => string]> = [
  [
    /ENOSPC|No space left on device/i,
    (where) => `The disk is full while starting ${where}; free some space and start again.`,
  ],
  [
    /EADDRINUSE|Address already in use/i,
    (where) => `The address of ${where} is taken by another process; stop it or set another address.`,
  ],
  [
    /EACCES|EPERM|Permission denied/i,
    (where) => `${where} may not write to its folder; check who owns the folder it names in its log.`,
  ],
];

/** The sentence for a known fault in an error or a log's text, or undefined where it is none we know. */
export function knownFault(text: string, where: string): StackError | undefined {
  const fault = FAULTS.find(([pattern]) => pattern.test(text));
  return fault && new StackError(fault[1](where));
}

/** Any thrown thing as the text for the terminal: one sentence where we know the fault, else the stack. */
export function describeError(error: unknown): string {
  if (error instanceof StackError) return error.message;
  if (error instanceof Error)
    return knownFault(error.message, 'the stack')?.message ?? error.stack ?? error.message;
  return String(error);
}

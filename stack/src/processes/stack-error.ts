/** An error that the user can fix: its message is one sentence with the remedy and is printed without a stack trace. */
export class StackError extends Error {
  override name = 'StackError';
}

/** An app exited with the code for an invalid configuration after writing this output. */
export class WrongConfiguration extends StackError {
  override name = 'WrongConfiguration';

  constructor(
    app: string,
    readonly output: string,
  ) {
    super(`${app} has an invalid configuration:\n${output}`);
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
    (where) => `${where} may not write to its folder; check the owner of the folder that its log names.`,
  ],
];

/** The sentence for a known fault in an error or a log, or undefined. */
export function knownFault(text: string, where: string): StackError | undefined {
  const fault = FAULTS.find(([pattern]) => pattern.test(text));
  return fault && new StackError(fault[1](where));
}

/** The text to print for anything thrown: one sentence for a known fault, otherwise the stack trace. */
export function describeError(error: unknown): string {
  if (error instanceof StackError) return error.message;
  if (error instanceof Error)
    return knownFault(error.message, 'the stack')?.message ?? error.stack ?? error.message;
  return String(error);
}

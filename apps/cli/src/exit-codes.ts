/** The exit codes of the commands; those from 64 on are defined by sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The operation failed, or what the command names was not found. */
  notFound: 1,
  inDoubt: 2,
  usage: 64,
  unavailable: 69,
  retryLater: 75,
  notPermitted: 77,
  config: 78,
  interrupted: 130,
} as const;

/** The arguments are invalid; the message says which and why. */
export class UsageError extends Error {}

/** Prints why a command cannot continue, and exits. */
export function exitWith(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

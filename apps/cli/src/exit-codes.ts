/** The exit codes of the commands; those from 64 on are defined by sysexits.h. */
export const EXIT = {
  ok: 0,
  notFound: 1,
  usage: 64,
  unavailable: 69,
  retryLater: 75,
  notPermitted: 77,
  config: 78,
} as const;

/** Prints why a command cannot continue, and exits. */
export function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

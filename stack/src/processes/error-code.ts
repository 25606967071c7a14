/**
 * Node's code of what was thrown, as `EEXIST`; the error itself where it has none. Not by `instanceof`: under Jest the
 * errors of Node's own modules are of another realm's class.
 */
export function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error);
}

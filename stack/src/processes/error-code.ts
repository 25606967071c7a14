/**
 * The Node error code of what was thrown, such as `EEXIST`, or the error itself if it has none. Does not use
 * `instanceof`: under Jest the errors of Node's own modules belong to another realm.
 */
export function errorCodeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error);
}

/** The colour of a deployment's mark, by its name: production should be seen without reading. */
export function environmentColor(
  name: string | undefined,
): 'colorError' | 'colorWarning' | 'colorSuccess' | undefined {
  if (name === undefined) return undefined;
  if (/^prod|生产|正式/i.test(name)) return 'colorError';
  return /stag|pre|预/i.test(name) ? 'colorWarning' : 'colorSuccess';
}

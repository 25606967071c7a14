/** Picks a number of rounds, rows or cases: `npm test` has the short one, `npm run check:long` the long one. */
export function byLength<T>({ short, long }: { short: T; long: T }): T {
  return process.env.CHECK === 'long' ? long : short;
}

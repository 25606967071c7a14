/** The nth mini-program. */
export function appidOf(n: number): string {
  return `wx${n.toString(16).padStart(16, '0')}`;
}

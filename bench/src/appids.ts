/** The nth mini-program. */
export function appidOf(n: number): string {
  return `wx${n.toString(16).padStart(16, '0')}`;
}

/** So many mini-programs. */
export function appids(count: number): string[] {
  return Array.from({ length: count }, (_, n) => appidOf(n));
}

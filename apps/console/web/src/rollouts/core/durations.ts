/** A duration of proto3 JSON, as in `3600s`, in units of so many seconds; undefined if there is none. */
export function unitsOf(duration: string | undefined, seconds: number): number | undefined {
  const all = Number.parseFloat(duration ?? '');
  return all > 0 ? all / seconds : undefined;
}

/** The duration of so many units. */
export function durationOf(units: number | null | undefined, seconds: number): string | undefined {
  return units ? `${Math.round(units * seconds)}s` : undefined;
}

/** A reason of rejections, and how many have it. */
export interface ReasonGroup {
  reason: string;
  count: number;
}

/** The lines of WeChat's reason, without its markup and numbering. */
export function linesOf(reason: string): string[] {
  return reason
    .split(/<br\s*\/?>|\n/i)
    .map((line) =>
      line
        .replace(/<[^>]*>/g, '')
        .replace(/^\s*\d+\s*[:：.、]\s*/, '')
        .trim(),
    )
    .filter((line) => line !== '');
}

/** The reasons of rejected audits, those of most audits first; one audit counts once for each of its reasons. */
export function groupReasons(reasons: readonly string[]): ReasonGroup[] {
  const counts = new Map<string, number>();
  for (const reason of reasons)
    for (const line of new Set(linesOf(reason))) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
}

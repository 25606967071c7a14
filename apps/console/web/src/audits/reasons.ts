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

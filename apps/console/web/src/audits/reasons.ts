import { plain } from '../text/sentence.js';

/** The lines of WeChat's reason, without its markup and numbering. */
export function linesOf(reason: string): string[] {
  return plain(reason, '\n')
    .split('\n')
    .map((line) =>
      line
        .replace(/<[^>]*>/g, '')
        .replace(/^\s*\d+\s*[:：.、]\s*/, '')
        .trim(),
    )
    .filter((line) => line !== '');
}

import { readFileSync } from 'node:fs';

/** A verb of docs/cli.md, with its example as arguments. */
export interface DocumentedVerb {
  name: string;
  args: string[];
}

/** The verbs of docs/cli.md, by the headings of its groups. */
export function verbsOfPage(): DocumentedVerb[][] {
  const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  const groups = page.split(/^## /m).slice(1);
  return groups.map((group) =>
    group
      .split(/^### /m)
      .slice(1)
      .map((section) => {
        const [name = ''] = section.split('\n');
        return { name, args: words(/^ {4}wxa (.*)$(?!\n {4})/m.exec(section)?.[1] ?? '') };
      }),
  );
}

/** Splits a command line of words and texts in single quotes. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
}

/**
 * The sections of docs/runbooks.md, with their bold lead-ins, PromQL queries (one per line) and commands.
 *
 * @param {string} text
 * @returns {{ title: string, parts: string[], queries: string[], commands: string[] }[]}
 */
export function readRunbooks(text) {
  return text
    .split(/^#{2,3} /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf('\n')),
      parts: [...section.matchAll(/^\*\*(\w[\w ]*?)\.?\*\*/gm)].map(([, part]) => part),
      queries: blocks(section, 'promql'),
      commands: blocks(section, 'sh'),
    }));
}

function blocks(section, language) {
  const found = section.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'));
  return [...found].flatMap(([, block]) => block.trim().split('\n'));
}

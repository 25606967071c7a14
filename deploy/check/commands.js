/**
 * The errors of commands, compared with docs/cli.md: a verb or an option that `wxa` does not have.
 *
 * @param {string} where the commands are, for the error
 * @param {string[]} commands such as `wxa ops list --state IN_DOUBT`
 * @param {string} page the text of docs/cli.md
 * @returns {string[]}
 */
export function commandErrors(where, commands, page) {
  const sections = page.split(/^### /m).slice(1);
  const verbs = new Map(sections.map((section) => [section.slice(0, section.indexOf('\n')), section]));
  return commands.flatMap((command) => {
    const [program, first, second] = command.split(' ');
    const verb = [`${first} ${second}`, first].find((name) => verbs.has(name));
    if (program !== 'wxa' || verb === undefined) return [`${where}: no verb of wxa: ${command}`];
    const options = command.replaceAll(/'[^']*'/g, '').match(/--[\w-]+/g) ?? [];
    return options
      .filter((option) => option !== '--json' && !new RegExp(`${option}(?![\\w-])`).test(verbs.get(verb)))
      .map((option) => `${where}: wxa ${verb} has no ${option}: ${command}`);
  });
}

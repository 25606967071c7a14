import { commandOf } from '../../apps/cli/dist/verbs/command.js';
import { verbIn } from '../../apps/cli/dist/verbs/verbs.js';

/**
 * The errors of commands: a verb or an option that the built `wxa` does not have.
 *
 * @param {string} where the commands are, for the error
 * @param {string[]} commands such as `wxa ops list --state IN_DOUBT`
 * @returns {Promise<string[]>}
 */
export async function commandErrors(where, commands) {
  const errors = await Promise.all(commands.map(errorsOf));
  return errors.flat().map((error) => `${where}: ${error}`);
}

async function errorsOf(command) {
  const [program, ...words] = command.split(' ');
  const found = verbIn(words);
  if (program !== 'wxa' || found === undefined) return [`no verb of wxa: ${command}`];
  const has = (await commandOf(found.name, found.verb)).options.map(({ long }) => long);
  const options = command.replaceAll(/'[^']*'/g, '').match(/--[\w-]+/g) ?? [];
  return options
    .filter((option) => !has.includes(option))
    .map((option) => `wxa ${found.name} has no ${option}: ${command}`);
}

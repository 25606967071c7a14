import { Command } from 'commander';
import { commandOf, WIDTH } from './command.js';
import type { SettingsGroup, Verb } from './verb.js';
import { GROUPS } from './verbs.js';

const SETTINGS: Record<SettingsGroup, string> = {
  gateway: `WXA_GATEWAY (127.0.0.1:50051), WXA_CA_FILE, WXA_CERT_FILE and
  WXA_KEY_FILE, WXA_TOKEN_FILE (a JWT or an API key); WXA_PLAINTEXT=1 for a
  gateway on this machine; or --gateway, --ca-file, --cert-file, --key-file,
  --token-file, --plaintext`,
  Postgres: 'DATABASE_URL',
  Kafka: 'KAFKA_BROKERS, KAFKA_TOPIC_PREFIX and the other settings of Kafka',
  secrets: 'SECRETS_KEY, SECRETS_KEY_PREVIOUS',
  policy: 'WECHAT_COMPONENT_APPID, for sets with component: true',
  users: 'CONSOLE_USERS_FILE, or --file',
  none: '',
};

/** What a verb does, its arguments, an example that runs as it stands, and the settings that it reads. */
export async function helpOf(name: string, verb: Verb): Promise<string> {
  const command = await commandOf(name, verb);
  const settings = verb.settings.filter((name) => name !== 'none');
  return [
    `${command.helpInformation()}\nexample: wxa ${name} ${verb.example}`.trimEnd(),
    ...settings.map((name) => `${name}: ${SETTINGS[name]}`),
  ].join('\n');
}

/** All verbs, or those that begin with a word. */
export function overview(first?: string): string {
  const program = new Command('wxa')
    .usage('VERB [ARGUMENT...]')
    .description('wxa help VERB shows its arguments and an example')
    .helpOption(false)
    .configureHelp({ helpWidth: WIDTH, subcommandTerm: (command) => command.name() });
  for (const [title, verbs] of Object.entries(GROUPS))
    for (const [name, { summary }] of Object.entries(verbs))
      if (first === undefined || name.split(' ')[0] === first)
        program.addCommand(new Command(name).summary(summary).helpGroup(title));
  return program.helpCommand(false).helpInformation().trimEnd();
}

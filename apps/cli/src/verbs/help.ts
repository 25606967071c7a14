import { usageOf } from '../calls/call.js';
import type { Settings, Verb } from './verb.js';
import { GROUPS, VERBS } from './verbs.js';

const WIDTH = 80;

const SETTINGS: Record<Settings, string> = {
  gateway:
    'WXA_GATEWAY (127.0.0.1:50051), WXA_CA_FILE, WXA_CERT_FILE and WXA_KEY_FILE, WXA_TOKEN_FILE (a JWT or an API key); WXA_PLAINTEXT=1 for a gateway on this machine; or --gateway, --ca-file, --cert-file, --key-file, --token-file, --plaintext',
  Postgres: 'DATABASE_URL',
  Kafka: 'KAFKA_BROKERS, KAFKA_TOPIC_PREFIX and the other settings of Kafka',
  secrets: 'SECRETS_KEY, SECRETS_KEY_PREVIOUS',
  policy: 'WECHAT_COMPONENT_APPID, for sets with component: true',
  users: 'CONSOLE_USERS_FILE, or --file',
  none: '',
};

/** The command line of a verb. */
export function usage(name: string, verb: Verb): string {
  const args = 'call' in verb ? usageOf(verb.call) : verb.usage;
  return wrapped(`usage: wxa ${name} ${args}`.trimEnd(), `${' '.repeat('usage: wxa '.length)}`);
}

/** What a verb does, its arguments and an example. */
export function helpOf(name: string, verb: Verb): string {
  const parts = [`${name}: ${verb.summary}`, usage(name, verb)];
  if (verb.details !== undefined) parts.push(verb.details);
  parts.push(`example: ${exampleOf(name, verb)}`);
  for (const settings of verb.settings)
    if (settings !== 'none') parts.push(wrapped(`${settings}: ${SETTINGS[settings]}`, '  '));
  return parts.join('\n');
}

/** A command line that runs as it stands. */
export function exampleOf(name: string, { example }: Verb): string {
  return `wxa ${name} ${example}`.trimEnd();
}

/** The second words of the verbs that begin with a word. */
export function verbsOf(first: string): string[] {
  return Object.keys(VERBS).flatMap((name) =>
    name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : [],
  );
}

/** All verbs. */
export function overview(): string {
  const width = Math.max(...Object.keys(VERBS).map((name) => name.length));
  const groups = Object.entries(GROUPS).map(([title, verbs]) =>
    [
      title,
      ...Object.entries(verbs).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    ].join('\n'),
  );
  return ['usage: wxa VERB [ARGUMENT...]; wxa help VERB shows its arguments and an example', ...groups].join(
    '\n',
  );
}

function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  // An option stays with what it takes.
  for (const word of text.match(/\[(?:[^[\]]|\[[^\]]*\])*\](\.\.\.)?|\S+/g) ?? []) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

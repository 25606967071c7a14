import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The users of a secure broker. `admin` may do everything; the others have the rights of kafka-security's `ACCESS`. */
export const KAFKA_USERS = ['admin', 'gateway', 'release-worker', 'operator', 'subscriber'] as const;
export type KafkaUser = (typeof KAFKA_USERS)[number];

/**
 * Secrets of the simulator: tickets, codes, refresh tokens and access tokens, also the fixed ones, plain or URL-encoded. The pre-auth
 * code of an event is used up, and says which link was used.
 */
const MADE_AT_WECHAT =
  /(?<!"PreAuthCode":")(ticket|queryauthcode|preauthcode|refreshtoken)(?:@|%40){3}[\w-]{20,}|(sim)(?:_[\w-]{40,}|-token(?::|%3A)wx)/g;

/** API keys and JWTs. */
const CREDENTIALS = /\bwxa_[a-z0-9]{8}_[\w-]{43}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./;

const SETTINGS = [
  'SECRETS_KEY',
  'SECRETS_KEY_PREVIOUS',
  'WECHAT_CALLBACK_TOKEN',
  'WECHAT_CALLBACK_TOKEN_PREVIOUS',
  'WECHAT_COMPONENT_APPSECRET',
  'WECHAT_ENCODING_AES_KEY',
  'WECHAT_ENCODING_AES_KEY_PREVIOUS',
  'WECHAT_TOKEN_URL_KEY',
];

/**
 * Finds secrets in a text: those of these settings by the setting's name, Kafka's passwords by the user's, WeChat's by
 * their type (`sim`: an access token), and credentials of callers.
 */
export function secretsIn(text: string, settings: Record<string, string>): string[] {
  const ours = [...KAFKA_USERS, ...SETTINGS].filter((name) => {
    const secret = settings[name] ?? '';
    return secret !== '' && (text.includes(secret) || text.includes(encodeURIComponent(secret)));
  });
  const theirs = [...text.matchAll(MADE_AT_WECHAT)].map(([, kind, token]) => kind ?? token ?? '');
  const callers = CREDENTIALS.test(text) ? ['credential of a caller'] : [];
  return [...new Set([...ours, ...theirs, ...callers])];
}

/** Moves secrets to files in `folder`, which other processes of the same user do not see in `/proc`. */
export async function secretsAsFiles(
  folder: string,
  env: Record<string, string>,
): Promise<Record<string, string>> {
  const entries = Object.entries(env).map(async ([name, value]): Promise<[string, string]> => {
    if (!SETTINGS.includes(name)) return [name, value];
    const file = join(folder, name);
    await writeFile(file, value, { mode: 0o600 });
    return [`${name}_FILE`, file];
  });
  return Object.fromEntries(await Promise.all(entries));
}

import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { TopicName } from '@wxa/contracts';

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));

/** The credentials of the recorded deployment, with which its stored secrets can be read. */
export const PLATFORM = {
  WECHAT_CALLBACK_TOKEN: 'recorded-callback-token',
  WECHAT_ENCODING_AES_KEY: 'recorded'.repeat(6).slice(0, 43),
  WECHAT_COMPONENT_APPID: 'wxc0de000000000000',
  WECHAT_COMPONENT_APPSECRET: 'recorded-appsecret',
  SECRETS_KEY: Buffer.from('the key of recorded releases ...').toString('base64'),
};

/** A message as it was published, its topic without the prefix of the deployment. */
export interface RecordedMessage {
  topic: TopicName;
  key: string | null;
  headers: Record<string, string>;
  value: string;
}

/** The path of a file of a recorded release. */
export function fixture(version: string, name: keyof typeof FILES): string {
  return `${FIXTURES}${version}/${FILES[name]}`;
}

const FILES = {
  /** Schema and rows, as SQL. */
  dump: 'dump.sql',
  /** One message per line, in the order in which they were read. */
  messages: 'messages.jsonl',
  /** What the simulator keeps over a restart: tickets and authorizations. */
  simulator: 'simulator.json',
  /** The commit that was recorded, and when. */
  release: 'release.json',
} as const;

/** The recorded versions, the oldest first. */
export function recordedVersions(): string[] {
  return readdirSync(FIXTURES).sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

export async function recordedMessages(version: string): Promise<RecordedMessage[]> {
  const text = await readFile(fixture(version, 'messages'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedMessage);
}

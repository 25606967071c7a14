import { readFile } from 'node:fs/promises';
import { databaseUrl } from '@wxa/stack';
import pg from 'pg';
import { PACKAGES } from './contenders/field.js';
import type { Servers } from './servers.js';

const ROOT = new URL('../../', import.meta.url);

/** What the servers and, where others took part, their packages are. */
export async function versions(
  { postgres }: Servers,
  { others = false, redis }: { others?: boolean; redis?: string | undefined } = {},
): Promise<Record<string, string>> {
  return {
    PostgreSQL: await postgresVersion(postgres.url),
    Kafka: /kafka_2\.13<\/artifactId>\s*<version>([^<]+)/.exec(await text('stack/kafka/pom.xml'))?.[1] ?? '',
    '@grpc/grpc-js': await packageVersion('@grpc/grpc-js'),
    ...(others && {
      ...Object.fromEntries(
        await Promise.all(
          PACKAGES.map(async (name) => [name, await packageVersion(name, 'bench/contenders/')] as const),
        ),
      ),
      ...(redis !== undefined && { redis }),
    }),
  };
}

async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl(url, 'postgres') });
  await client.connect();
  try {
    return (await client.query('show server_version')).rows[0]?.server_version;
  } finally {
    await client.end();
  }
}

async function packageVersion(name: string, folder = ''): Promise<string> {
  return JSON.parse(await text(`${folder}node_modules/${name}/package.json`)).version;
}

function text(path: string): Promise<string> {
  return readFile(new URL(path, ROOT), 'utf8');
}

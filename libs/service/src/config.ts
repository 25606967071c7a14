import { z } from 'zod';

/** Exit code of a process with an invalid configuration (EX_CONFIG of sysexits.h). */
export const EX_CONFIG = 78;

const MAX_PORT = 65_535;
const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d{1,5})$/;

function isReachable(text: string): boolean {
  const port = Number(ADDRESS.exec(text)?.[2]);
  return port > 0 && port <= MAX_PORT;
}

/** `host:port`. */
export interface Address {
  host: string;
  port: number;
}

/** 23 days, below the limits of Node's timers and Postgres's integers. */
const MAX_MS = 2_000_000_000;
const MAX_COUNT = 1_000_000;

/** A whole number of milliseconds. */
export const milliseconds = (fallback: number, max = MAX_MS) =>
  z.coerce
    .number('must be a number of milliseconds')
    .int('must be whole')
    .min(1, 'must be above 0')
    .max(max, `must be at most ${max}`)
    .default(fallback);

/** A whole number above 0. */
export const count = (fallback: number, max = MAX_COUNT) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be above 0')
    .max(max, `must be at most ${max}`)
    .default(fallback);

/** `host:port` to listen on. */
export const address = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context): Address => {
      const [, host, port] = ADDRESS.exec(text) ?? [];
      if (host !== undefined && Number(port) <= MAX_PORT)
        return { host: host.replace(/[[\]]/g, ''), port: Number(port) };
      context.addIssue({ code: 'custom', message: 'must be host:port' });
      return z.NEVER;
    });

/** An http(s) URL, without a slash at its end. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .transform((url) => url.replace(/\/+$/, ''));

/** A text that `read` can parse; an error never contains the text. @param missing the error if it is not set. */
export const readable = <T>(read: (text: string) => T | undefined, must: string, missing = '') =>
  z.string({ error: missing }).transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: must });
    return z.NEVER;
  });

/** The settings of every process that uses Postgres and Kafka. */
export const commonSettings = {
  DATABASE_URL: z
    .string({ error: 'required: the PostgreSQL to use, as in postgres://user:password@host:5432/name' })
    .refine(
      (text) => /^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text),
      'must be a postgres:// URL',
    ),
  KAFKA_BROKERS: z
    .string({ error: 'required: comma-separated, as in host:9092' })
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .refine((brokers) => brokers.every(isReachable), 'must be host:port, comma-separated'),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{0,100}$/, 'must be letters, digits, dots, dashes')
    .default(''),
  /** Part of `ce_source`, a URI: by default the prefix of the topics. */
  DEPLOYMENT_NAME: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,100}$/, 'must be letters, digits, dots, dashes, underscores')
    .optional(),
  KAFKA_TOPIC_PARTITIONS: count(48, 10_000),
  KAFKA_REPLICATION_FACTOR: count(1, 1_000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};

/** All errors of a configuration, one line each, with the name of the setting. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads a configuration from the environment; an empty variable counts as not set. Throws ConfigError. */
export function readConfig<S extends z.ZodType>(schema: S, environment: NodeJS.ProcessEnv): z.infer<S> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
}

/**
 * Reads the configuration of this process. If it is invalid, prints all errors and exits with 78. With `--check`, a valid
 * configuration exits with 0.
 */
export function configOrExit<S extends z.ZodType>(schema: S): z.infer<S> {
  try {
    const config = readConfig(schema, process.env);
    if (process.argv.includes('--check')) process.exit(0);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(EX_CONFIG);
  }
}

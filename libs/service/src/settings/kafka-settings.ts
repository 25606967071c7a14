import { z } from 'zod';
import { WatchedFiles } from '../watched-file.js';
import { count, isLoopback, isReachable, onOrOff, optionalCount } from './fields.js';
import { outputOf, secretCommand } from './secret-command.js';
import { faultOfPasswordFile, withoutNewline } from './setting-files.js';
import { exportExpiry, faultOfTls, watchTlsFiles } from './tls-files.js';

const PASSWORD_INTERVAL_MS = 30_000;
/** The certificates as their metric names them. */
const EXPIRING = { ca: 'KAFKA_TLS_CA_FILE', cert: 'KAFKA_TLS_CERT_FILE' };

/** A token is not used in its last minute. */
const EXPIRY_MARGIN_MS = 60_000;

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const;

/** The settings of the connections to Kafka and of its topics. */
export const kafkaSettings = {
  KAFKA_BROKERS: z
    .string({ error: 'required: comma-separated, as in host:9092' })
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .refine((brokers) => brokers.every(isReachable), 'must be host:port, comma-separated'),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{0,100}$/, 'must be letters, digits, dots, dashes')
    .default(''),
  KAFKA_TOPIC_PARTITIONS: count(48, 10_000),
  KAFKA_REPLICATION_FACTOR: count(1, 1_000),
  KAFKA_MIN_INSYNC_REPLICAS: optionalCount(1_000),
  KAFKA_CREATE_TOPICS: onOrOff('on'),
  KAFKA_TLS: onOrOff('off'),
  KAFKA_TLS_CA_FILE: z.string().optional(),
  KAFKA_TLS_CERT_FILE: z.string().optional(),
  KAFKA_TLS_KEY_FILE: z.string().optional(),
  KAFKA_SASL_MECHANISM: z.enum(MECHANISMS, `must be one of ${MECHANISMS.join(', ')}`).optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  /** Watched, therefore not read as the value of a setting. */
  KAFKA_SASL_PASSWORD_FILE: z.string().optional(),
  KAFKA_SASL_TOKEN_COMMAND: secretCommand.optional(),
  KAFKA_RACK_ID: z.string().optional(),
};

export type KafkaSettings = z.infer<z.ZodObject<typeof kafkaSettings>>;

/** A token of OAUTHBEARER, as kafkajs takes it. */
export interface OauthToken {
  value: string;
}

/** How this process authenticates; the values are those of now, for a new connection. */
export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; oauthBearerProvider(): Promise<OauthToken> };

/** Errors of settings that depend on one another, by the name of the setting. */
export function kafkaFaults(settings: Partial<KafkaSettings>): Record<string, string> {
  return { ...tlsFaults(settings), ...saslFaults(settings), ...topicFaults(settings) };
}

function topicFaults(settings: Partial<KafkaSettings>): Record<string, string> {
  const { KAFKA_MIN_INSYNC_REPLICAS: inSync = 1, KAFKA_REPLICATION_FACTOR: factor = inSync } = settings;
  return inSync > factor
    ? { KAFKA_MIN_INSYNC_REPLICAS: `must be at most KAFKA_REPLICATION_FACTOR (${factor})` }
    : {};
}

function tlsFaults(settings: Partial<KafkaSettings>): Record<string, string> {
  const { KAFKA_TLS_CA_FILE: ca, KAFKA_TLS_CERT_FILE: cert, KAFKA_TLS_KEY_FILE: key } = settings;
  const [given] = Object.entries({
    KAFKA_TLS_CA_FILE: ca,
    KAFKA_TLS_CERT_FILE: cert,
    KAFKA_TLS_KEY_FILE: key,
  })
    .filter(([, path]) => path !== undefined)
    .map(([name]) => name);
  if (settings.KAFKA_TLS !== 'on') return given === undefined ? {} : { [given]: 'needs KAFKA_TLS=on' };
  if ((cert === undefined) !== (key === undefined))
    return { KAFKA_TLS_CERT_FILE: 'KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE need each other' };
  const fault = faultOfTls({ ca, cert, key });
  return fault === undefined ? {} : { KAFKA_TLS: fault };
}

function saslFaults(settings: Partial<KafkaSettings>): Record<string, string> {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
    KAFKA_SASL_PASSWORD_FILE: file,
    KAFKA_SASL_TOKEN_COMMAND: command,
  } = settings;
  const given = {
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
    KAFKA_SASL_PASSWORD_FILE: file,
  };
  if (mechanism === undefined) {
    const all = { ...given, KAFKA_SASL_TOKEN_COMMAND: command };
    const [name] = Object.entries(all).find(([, value]) => value !== undefined) ?? [];
    return name === undefined ? {} : { [name]: 'needs KAFKA_SASL_MECHANISM' };
  }
  // Reported already.
  if (!MECHANISMS.includes(mechanism)) return {};
  const faults: Record<string, string> = {};
  if (isKafkaPlaintext(settings))
    faults.KAFKA_SASL_MECHANISM = 'needs KAFKA_TLS=on, unless all brokers are on this machine';
  if (mechanism === 'oauthbearer') {
    const [name] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
    if (name !== undefined) faults[name] = 'is not used with KAFKA_SASL_MECHANISM=oauthbearer';
    if (command === undefined)
      faults.KAFKA_SASL_TOKEN_COMMAND = 'required with KAFKA_SASL_MECHANISM=oauthbearer';
    return faults;
  }
  if (command !== undefined) faults.KAFKA_SASL_TOKEN_COMMAND = 'needs KAFKA_SASL_MECHANISM=oauthbearer';
  if (username === undefined) faults.KAFKA_SASL_USERNAME = `required with KAFKA_SASL_MECHANISM=${mechanism}`;
  return { ...faults, ...passwordFaults(mechanism, password, file) };
}

function passwordFaults(
  mechanism: string,
  password: string | undefined,
  file: string | undefined,
): Record<string, string> {
  if (password !== undefined && file !== undefined)
    return { KAFKA_SASL_PASSWORD: 'only one of KAFKA_SASL_PASSWORD, KAFKA_SASL_PASSWORD_FILE may be set' };
  if (password === undefined && file === undefined)
    return { KAFKA_SASL_PASSWORD: `required with KAFKA_SASL_MECHANISM=${mechanism}` };
  const fault = file === undefined ? undefined : faultOfPasswordFile(file);
  return fault === undefined ? {} : { KAFKA_SASL_PASSWORD_FILE: fault };
}

/** Whether data and credentials would cross a network without encryption. */
export function isKafkaPlaintext({ KAFKA_TLS, KAFKA_BROKERS }: Partial<KafkaSettings>): boolean {
  const hosts = (KAFKA_BROKERS ?? []).map((broker) => broker.replace(/:\d+$/, ''));
  return KAFKA_TLS !== 'on' && !hosts.every(isLoopback);
}

/**
 * The options of libs/kafka that valid settings describe. Certificates are read again every 30 s, the password for each new connection.
 * @param onError is called when such a file has become unusable; the last usable content stays in use.
 */
export function kafkaClientSettings(settings: KafkaSettings, onError: (error: Error) => void) {
  const { KAFKA_TLS_CA_FILE: ca, KAFKA_TLS_CERT_FILE: cert, KAFKA_TLS_KEY_FILE: key } = settings;
  const sasl = saslOf(settings, onError);
  return {
    brokers: settings.KAFKA_BROKERS,
    topicPrefix: settings.KAFKA_TOPIC_PREFIX,
    ...(settings.KAFKA_TLS === 'on' && {
      tls: exportExpiry(watchTlsFiles({ ca, cert, key }, onError), EXPIRING),
    }),
    ...(sasl !== undefined && { sasl }),
    ...(settings.KAFKA_RACK_ID !== undefined && { rackId: settings.KAFKA_RACK_ID }),
    topics: topicSettings(settings),
  };
}

/** From this replication factor on a message is acknowledged by two brokers by default. */
const DURABLE_FACTOR = 3;

function topicSettings(settings: KafkaSettings) {
  const { KAFKA_REPLICATION_FACTOR: replicationFactor, KAFKA_MIN_INSYNC_REPLICAS: given } = settings;
  return {
    create: settings.KAFKA_CREATE_TOPICS === 'on',
    partitions: settings.KAFKA_TOPIC_PARTITIONS,
    replicationFactor,
    minInsyncReplicas: given ?? (replicationFactor >= DURABLE_FACTOR ? 2 : 1),
  };
}

function saslOf(settings: KafkaSettings, onError: (error: Error) => void): KafkaSasl | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_TOKEN_COMMAND: command } = settings;
  if (mechanism === undefined) return undefined;
  if (mechanism === 'oauthbearer') return { mechanism, oauthBearerProvider: tokenFrom(command ?? ['']) };
  const { KAFKA_SASL_PASSWORD_FILE: file, KAFKA_SASL_PASSWORD: password = '' } = settings;
  const watched = file === undefined ? undefined : watchPassword(file, onError);
  return {
    mechanism,
    username: settings.KAFKA_SASL_USERNAME ?? '',
    // kafkajs gets it for each connection. A password of half a minute ago would be wrong, and end a worker.
    get password() {
      return watched?.latest ?? password;
    },
  };
}

function watchPassword(path: string, onError: (error: Error) => void): WatchedFiles<string> {
  return new WatchedFiles({
    paths: { password: path },
    intervalMs: PASSWORD_INTERVAL_MS,
    parse: ({ password = '' }) => {
      const value = withoutNewline(password);
      if (value === '') throw new Error(`${path} is empty`);
      return value;
    },
    onError,
  });
}

/**
 * Runs a command that prints `{"token", "expiresAt"}` (a time of ISO 8601), and uses the token until a minute before it
 * expires. Rejects if the command prints anything else; the error contains no output.
 */
export function tokenFrom(
  command: [string, ...string[]],
  now: () => number = Date.now,
): () => Promise<OauthToken> {
  let cached: { value: string; until: number } | undefined;
  let running: Promise<OauthToken> | undefined;
  const renew = async () => {
    const output = await outputOf(command).catch((error: Error) => {
      throw new Error(`KAFKA_SASL_TOKEN_COMMAND: ${error.message}`);
    });
    cached = parseToken(output);
    return { value: cached.value };
  };
  return async () => {
    if (cached !== undefined && now() < cached.until) return { value: cached.value };
    running ??= renew().finally(() => {
      running = undefined;
    });
    return running;
  };
}

function parseToken(output: string): { value: string; until: number } {
  const parsed = printedToken.safeParse(output);
  if (!parsed.success)
    throw new Error('KAFKA_SASL_TOKEN_COMMAND: the command did not print {"token","expiresAt"}');
  return { value: parsed.data.token, until: Date.parse(parsed.data.expiresAt) - EXPIRY_MARGIN_MS };
}

const printedToken = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(
    z.object({
      token: z.string().min(1),
      expiresAt: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
    }),
  );

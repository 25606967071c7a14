import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { createLogger } from '../logging/logger.js';
import { shutdownSettings } from '../shutdown.js';
import { addDatabaseUrl } from './database-parts.js';
import { databaseFaults, databaseSettings } from './database-settings.js';
import { kafkaFaults, kafkaSettings } from './kafka-settings.js';
import { readSettingFiles } from './setting-files.js';
import { tracingSettings } from './tracing-settings.js';
import { wellKnownFaults } from './well-known.js';

/** Exit code of a process with an invalid configuration (EX_CONFIG of sysexits.h). */
export const EX_CONFIG = 78;

/** The settings of every process that uses Postgres and Kafka. */
export const commonSettings = {
  ...databaseSettings,
  ...kafkaSettings,
  ...shutdownSettings,
  ...tracingSettings,
  /** The name is part of `ce_source`, a URI; by default it is the prefix of the topics. */
  DEPLOYMENT_NAME: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,100}$/, 'must be letters, digits, dots, dashes, underscores')
    .optional(),
  LOG_OPERATIONS: z.enum(['all', 'failed']).default('all'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};

/** Adds the checks of settings that depend on one another; they run even if other settings are invalid. */
export function withCrossChecks<S extends z.ZodObject>(schema: S): S {
  return schema.superRefine(
    (settings, context) => {
      const faults = { ...databaseFaults(settings), ...kafkaFaults(settings), ...wellKnownFaults(settings) };
      for (const [name, message] of Object.entries(faults))
        context.addIssue({ code: 'custom', path: [name], message });
    },
    { when: () => true },
  );
}

/** All errors of a configuration, one line each, with the name of the setting. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
  }
}

/** The settings of a process: an object schema, or how it depends on the modes that the settings choose. */
export type SettingsSchema<S extends z.ZodType> = S | ((given: Record<string, string | undefined>) => S);

/**
 * Reads a configuration from the environment; an empty variable counts as not set, and `NAME_FILE` is a file with the value of
 * NAME. Throws ConfigError.
 */
export function readConfig<S extends z.ZodType>(
  settings: SettingsSchema<S>,
  environment: NodeJS.ProcessEnv,
): z.infer<S> {
  const schemaFor = (given: Record<string, string | undefined>) =>
    typeof settings === 'function' ? settings(given) : settings;
  const names = namesOf(schemaFor({}));
  const { given, faults } = readSettingFiles(environment, names);
  if (names.includes('DATABASE_HOST')) addDatabaseUrl(given, faults);
  const parsed = schemaFor(given).safeParse(given);
  if (parsed.success && faults.size === 0) return parsed.data;
  const issues = (parsed.error?.issues ?? []).map(({ path, message }) => ({ name: path.join('.'), message }));
  // A setting whose file cannot be read is not missing.
  const others = issues.filter(({ name }) => !faults.has(name));
  throw new ConfigError([...faults.values(), ...others.map(({ name, message }) => `${name}: ${message}`)]);
}

function namesOf(schema: z.ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/**
 * Reads the configuration of an app. If it is invalid, logs all errors in one line and exits with 78. With `--check` it exits in any case:
 * with 0, or with 78 and the errors on stderr, for people.
 */
export function configOrExit<S extends z.ZodType>(settings: SettingsSchema<S>): z.infer<S> {
  const isCheck = process.argv.includes('--check');
  try {
    const config = readConfig(settings, process.env);
    if (isCheck) process.exit(0);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const app = basename(dirname(dirname(process.argv[1] ?? '')));
    if (isCheck) console.error(error.message);
    else createLogger(app, 'info').fatal({ errors: error.faults }, 'configuration invalid');
    process.exit(EX_CONFIG);
  }
}

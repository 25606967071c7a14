import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import { insecureSettings } from '../insecure-settings.js';
import type { Logger } from './messages.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** JSON lines on stdout. Never log a token, a ticket, a key or the content of a request. */
export function createLogger(app: string, level: string): Logger {
  return pino({
    level,
    base: { app, version, host: hostname(), pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  }) as Logger;
}

/** Writes Nest's messages to the same log. */
export function nestLogger(logger: Logger): LoggerService {
  const write = (nestLevel: string) => (text: unknown, context?: unknown) =>
    logger.debug({ context, nest_level: nestLevel, text: String(text) }, 'framework');
  return {
    log: write('log'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('verbose'),
  };
}

/** Logs a row of the audit trail under its action. */
export function logTrail(logger: Logger, entry: { action: string; operationId: string | null }): void {
  const { operationId: operation, ...row } = entry;
  const write = logger.info as (fields: object, message: string) => void;
  write.call(logger, { audit: true, operation, ...row }, entry.action);
}

/** Logs that a process listens, with its settings; secrets are not among them. */
export function logStarted(logger: Logger, settings: object): void {
  const shown = Object.entries(settings).map(([name, value]) => [name, shownAs(name, value)]);
  logger.info(
    { node: process.versions.node, settings: Object.fromEntries(shown), insecure: insecureSettings() },
    'started',
  );
}

const SECRET = /SECRET|PASSWORD|TOKEN|KEY|COMMAND|HEADERS/;
const NO_SECRET = /_(FILE|SOURCE|LIFETIME_S)$/;

function shownAs(name: string, value: unknown): unknown {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return value;
  if (SECRET.test(name) && !NO_SECRET.test(name)) return '[redacted]';
  if (name.endsWith('_URL')) return hostOf(String(value));
  return Buffer.isBuffer(value) ? '[redacted]' : value;
}

/** A URL can have credentials and parameters. */
function hostOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : '[redacted]';
}

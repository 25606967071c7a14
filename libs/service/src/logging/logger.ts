import { hostname } from 'node:os';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, pino } from 'pino';
import { reportedInsecureSettings } from '../insecure-settings.js';
import { VERSION } from '../process.js';
import type { Logger } from './messages.js';

/** JSON lines on stdout. Never log a token, a ticket, a key or the content of a request. */
export function createLogger(app: string, level: string): Logger {
  const options = {
    level,
    base: { app, version: VERSION, host: hostname(), pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, writtenTogether()) as Logger;
}

/** More is not kept until the end of the iteration. */
const MAX_KEPT = 64 * 1024;

/** Writes the lines of one iteration of the event loop together: a batch ends up to 200 operations, and each has a line. */
function writtenTogether(): DestinationStream & { flushSync(): void } {
  const stdout = pino.destination({ dest: 1, sync: true });
  let kept = '';
  const flushSync = () => {
    const lines = kept;
    kept = '';
    if (lines !== '') stdout.write(lines);
  };
  process.on('exit', flushSync);
  return {
    write(line) {
      if (kept === '') setImmediate(flushSync);
      kept += line;
      if (kept.length > MAX_KEPT) flushSync();
    },
    flushSync,
  };
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
    {
      node: process.versions.node,
      settings: Object.fromEntries(shown),
      insecure: reportedInsecureSettings(),
    },
    'started',
  );
}

const SECRET = /SECRET|PASSWORD|TOKEN|KEY|COMMAND|HEADERS/;
const NO_SECRET = /_(FILE|SOURCE|LIFETIME_S)$/;
const URL_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

function shownAs(name: string, value: unknown): unknown {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return value;
  if (SECRET.test(name) && !NO_SECRET.test(name)) return '[redacted]';
  if (typeof value === 'string' && (name.endsWith('_URL') || URL_SCHEME.test(value))) return hostOf(value);
  return Buffer.isBuffer(value) ? '[redacted]' : value;
}

/** A URL can have credentials and parameters. */
function hostOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : '[redacted]';
}

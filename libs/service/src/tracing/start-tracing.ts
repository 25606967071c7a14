import type { Logger } from '../logging/messages.js';
import type { TracingSettings } from '../settings/tracing-settings.js';
import type { Tracing } from './tracing.js';

/**
 * The tracing of a process; undefined if OTEL_EXPORTER_OTLP_ENDPOINT is not set.
 * @param app the default of OTEL_SERVICE_NAME and its version.
 */
export async function startTracing(
  settings: TracingSettings,
  app: { name: string; version: string },
  logger: Logger,
): Promise<Tracing | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = settings;
  if (endpoint === undefined) return undefined;
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing({ ...settings, endpoint }, app, logger);
}

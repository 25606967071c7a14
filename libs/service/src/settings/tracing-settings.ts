import { z } from 'zod';
import { baseUrl, readable } from './fields.js';

const SAMPLERS = ['always_on', 'always_off', 'traceidratio', 'parentbased_traceidratio'] as const;
const PAIR = /^([^=\s]+)\s*=\s*(.*)$/;

/** `key=value,…` with percent-encoded values, as OpenTelemetry's variables have them; undefined if it is not of this form. */
function readPairs(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').filter((part) => part.trim() !== '');
  const entries = pairs.map((pair) => PAIR.exec(pair.trim()));
  if (entries.some((entry) => entry === null)) return undefined;
  try {
    return Object.fromEntries(
      entries.map((entry) => [entry?.[1] ?? '', decodeURIComponent(entry?.[2] ?? '')]),
    );
  } catch {
    return undefined;
  }
}

const pairs = readable(readPairs, 'must be key=value pairs with percent-encoded values').optional();

/** OpenTelemetry's variables, which its SDK does not read itself. */
export const tracingSettings = {
  /** The endpoint is one of OTLP/HTTP; `/v1/traces` is added. */
  OTEL_EXPORTER_OTLP_ENDPOINT: baseUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: z
    .enum(SAMPLERS, { error: `must be one of ${SAMPLERS.join(', ')}` })
    .default('parentbased_traceidratio'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number('must be a number')
    .min(0, 'must be between 0 and 1')
    .max(1, 'must be between 0 and 1')
    .default(0.01),
};

export type TracingSettings = z.infer<z.ZodObject<typeof tracingSettings>>;

import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';

const SERVICE = new URL('../../libs/service/dist/index.js', import.meta.url).href;

/** Runs a program after `@wxa/service` was imported, and returns what it prints. */
function run(program: string, env: Record<string, string> = {}): unknown {
  const source = `
    import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        const [, name] = /^(@opentelemetry\\/[^/]+)/.exec(specifier) ?? [];
        if (name !== undefined) loaded.add(name);
        return next(specifier, context);
      },
    });
    const { isInstrumented, startTracing, traceSent } = await import('${SERVICE}');
    const settings = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: 1 };
    const app = { name: 'test', version: '1' };
    ${program}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
    timeout: 15_000,
    env: { ...process.env, ...env },
  });
  return stdout === '' ? stderr : JSON.parse(stdout);
}

it('Without OTEL_EXPORTER_OTLP_ENDPOINT no SDK of OpenTelemetry is loaded, and nothing is hooked', () => {
  const off = `const tracing = await startTracing(settings, app);
      console.log(JSON.stringify({ loaded: [...loaded], tracing: tracing ?? null, sent: traceSent(tracing) ?? null }));`;
  // The library of the metrics loads the API.
  expect(run(off)).toEqual({ loaded: ['@opentelemetry/api'], tracing: null, sent: null });
});

it('With it the SDK is loaded', () => {
  const on = `await startTracing({ ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, app);
      console.log(JSON.stringify([...loaded])); process.exit();`;
  expect(run(on)).toEqual(
    expect.arrayContaining(['@opentelemetry/sdk-trace', '@opentelemetry/exporter-trace-otlp-http']),
  );
});

it('Code that was injected into the process is found', () => {
  const found = 'console.log(JSON.stringify(isInstrumented()));';
  expect(run(found)).toBe(false);
  expect(run(found, { NODE_OPTIONS: '--require node:os' })).toBe(true);
  const subscriber = `import { subscribe } from 'node:diagnostics_channel';
      subscribe('undici:request:create', () => undefined); ${found}`;
  expect(run(subscriber)).toBe(true);
});

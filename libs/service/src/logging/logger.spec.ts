import { expect, it } from '@jest/globals';
import { logStarted } from './logger.js';

it('The line about a start has the settings without any secret, and of a URL only protocol and host', () => {
  const lines: object[] = [];
  const info = (fields: object) => lines.push(fields);
  const shown = { GRPC_TLS_KEY_FILE: '/etc/key.pem', WECHAT_TOKEN_SOURCE: 'component', LOG_LEVEL: 'info' };
  logStarted({ info } as unknown as Parameters<typeof logStarted>[0], {
    SECRETS_KEY: 'secret',
    SECRETS_KEY_PREVIOUS: Buffer.from('secret'),
    WECHAT_COMPONENT_SECRET: 'secret',
    WECHAT_CALLBACK_TOKEN: 'secret',
    WECHAT_ENCODING_AES_KEY: ['secret'],
    WECHAT_STATIC_TOKENS: '{"wx":"secret"}',
    KAFKA_SASL_PASSWORD: 'secret',
    DATABASE_PASSWORD_COMMAND: '["secret"]',
    DATABASE_URL: 'postgres://wxa:secret@db:5432/wxa?password=secret',
    WECHAT_API_URL: 'https:gw:secret@api',
    AUTH_JWT_JWKS: 'https://gw:secret@id.example.com/keys?key=secret',
    OTEL_EXPORTER_OTLP_HEADERS: { authorization: 'Bearer secret' },
    ...shown,
  });
  expect(JSON.stringify(lines)).not.toContain('secret');
  const settings = {
    SECRETS_KEY: '[redacted]',
    DATABASE_URL: 'postgres://db:5432',
    WECHAT_API_URL: 'https://api',
    AUTH_JWT_JWKS: 'https://id.example.com',
    ...shown,
  };
  expect(lines).toMatchObject([{ settings }]);
});

import { expect, it } from '@jest/globals';
import { consoleSettings, insecureSettings } from './config.js';

const settings = consoleSettings.parse({
  CONSOLE_SECRET: Buffer.alloc(32).toString('base64'),
  CONSOLE_PUBLIC_URL: 'http://localhost:8082',
  OIDC_ISSUER: 'https://id.example.com',
  OIDC_CLIENT_ID: 'console',
  OIDC_ROLE_CLAIM: 'role',
});
const elsewhere = { host: '0.0.0.0', port: 1 };

it('Plain text to the gateway and to browsers is insecure, except within one machine', () => {
  expect(insecureSettings(settings)).toEqual({ gateway_plaintext: false, console_plaintext: false });
  const open = { ...settings, GATEWAY_ADDR: elsewhere, CONSOLE_ADDR: elsewhere };
  expect(insecureSettings(open)).toEqual({ gateway_plaintext: true, console_plaintext: true });
  const encrypted = { GATEWAY_TLS_CA_FILE: 'ca.pem', CONSOLE_PUBLIC_URL: 'https://console.example.com' };
  expect(insecureSettings({ ...open, ...encrypted })).toEqual({
    gateway_plaintext: false,
    console_plaintext: false,
  });
});

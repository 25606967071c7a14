import { expect, it } from '@jest/globals';
import { consoleSettings, insecureSettings } from './config.js';

const GIVEN = {
  CONSOLE_SECRET: Buffer.alloc(32).toString('base64'),
  CONSOLE_PUBLIC_URL: 'http://localhost:8082',
  OIDC_ISSUER: 'https://id.example.com',
  OIDC_CLIENT_ID: 'console',
  OIDC_ROLE_CLAIM: 'role',
};
const settings = consoleSettings.parse(GIVEN);
const elsewhere = { host: '0.0.0.0', port: 1 };

it('Plain text to the gateway and to browsers, and metrics beside the pages, are insecure, except within one machine', () => {
  const none = { gateway_plaintext: false, console_plaintext: false, public_metrics: false };
  expect(insecureSettings(settings)).toEqual(none);
  const open = { ...settings, GATEWAY_ADDR: elsewhere, CONSOLE_ADDR: elsewhere };
  const all = { gateway_plaintext: true, console_plaintext: true, public_metrics: true };
  expect(insecureSettings(open)).toEqual(all);
  const encrypted = { GATEWAY_TLS_CA_FILE: 'ca.pem', CONSOLE_PUBLIC_URL: 'https://console.example.com' };
  expect(insecureSettings({ ...open, ...encrypted, ADMIN_ADDR: elsewhere })).toEqual(none);
});

it('A trusted proxy is an address or a network, and not the whole internet', () => {
  const proxies = (text: string) => consoleSettings.safeParse({ ...GIVEN, CONSOLE_TRUSTED_PROXIES: text });
  expect(proxies('10.0.0.0/8,::1').data?.CONSOLE_TRUSTED_PROXIES).toEqual(['10.0.0.0/8', '::1']);
  for (const text of ['proxy.example.com', '0.0.0.0/0', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.1 10.0.0.2'])
    expect(proxies(text).success).toBe(false);
});

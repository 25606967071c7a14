/** The secrets that docker-compose.yml shares with the simulator. Everybody can read them there. */
const WELL_KNOWN = {
  WECHAT_CALLBACK_TOKEN: 'simulator',
  WECHAT_CALLBACK_TOKEN_PREVIOUS: 'simulator',
  WECHAT_ENCODING_AES_KEY: 'c2ltdWxhdG9yLXNpbXVsYXRvci1zaW11bGF0b3ItMTI',
  WECHAT_ENCODING_AES_KEY_PREVIOUS: 'c2ltdWxhdG9yLXNpbXVsYXRvci1zaW11bGF0b3ItMTI',
  WECHAT_COMPONENT_APPSECRET: 'simulator',
  SECRETS_KEY_PREVIOUS: 'c2ltdWxhdG9yLXNpbXVsYXRvci1zaW11bGF0b3ItMTI=',
  SECRETS_KEY: 'c2ltdWxhdG9yLXNpbXVsYXRvci1zaW11bGF0b3ItMTI=',
  CONSOLE_SECRET: 'c2ltdWxhdG9yLXNpbXVsYXRvci1zaW11bGF0b3ItMTI=',
  CONSOLE_SECRET_PREVIOUS: 'c2ltdWxhdG9yLXNpbXVsYXRvci1zaW11bGF0b3ItMTI=',
};

const WECHAT_HOSTS = /(^|\.)(weixin\.qq\.com|wechat\.com)$/;

/**
 * An error for each well-known secret, and for a missing policy, of an app that uses the real WeChat, by the name of the setting.
 * @param elsewhere why they are refused although the app does not use it.
 */
export function wellKnownFaults(
  settings: Record<string, unknown>,
  elsewhere?: string,
): Record<string, string> {
  const reason = isRealWechat(settings.WECHAT_API_URL) ? 'WECHAT_API_URL is the real WeChat' : elsewhere;
  if (reason === undefined) return {};
  const forSimulator = `for the simulator only; ${reason}`;
  const faulty = Object.entries(WELL_KNOWN).filter(([name, value]) => textOf(settings[name]) === value);
  const faults = Object.fromEntries(
    faulty.map(([name]) => [name, `everybody knows this value, which is ${forSimulator}`]),
  );
  if (settings.AUTH !== 'none') return faults;
  return { ...faults, AUTH: `everybody could do everything, which is ${forSimulator}` };
}

function isRealWechat(url: unknown): boolean {
  return typeof url === 'string' && URL.canParse(url) && WECHAT_HOSTS.test(new URL(url).hostname);
}

function textOf(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('base64') : value;
}

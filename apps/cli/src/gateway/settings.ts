import {
  address,
  ConfigError,
  checkedFile,
  faultOfTls,
  isLoopback,
  readConfig,
  readTokenFile,
} from '@wxa/service/settings';
import { z } from 'zod';
import type { ConnectionValues } from './connection-options.js';

const file = z.string().optional();

/** How a command reaches the gateway. */
const settings = z
  .object({
    WXA_GATEWAY: address('127.0.0.1:50051'),
    WXA_CA_FILE: file,
    WXA_CERT_FILE: file,
    WXA_KEY_FILE: file,
    WXA_TOKEN_FILE: checkedFile(file, readTokenFile),
    WXA_PLAINTEXT: z.enum(['1'], 'must be 1').optional(),
  })
  .superRefine(({ WXA_CERT_FILE: cert, WXA_KEY_FILE: key, ...others }, context) => {
    const fault = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if ((cert === undefined) !== (key === undefined))
      fault(
        cert === undefined ? 'WXA_CERT_FILE' : 'WXA_KEY_FILE',
        'a certificate needs its key, and a key its certificate',
      );
    const tls = { WXA_CA_FILE: { ca: others.WXA_CA_FILE }, WXA_CERT_FILE: { cert, key } };
    for (const [name, files] of Object.entries(tls)) {
      const unusable = faultOfTls(files);
      if (unusable !== undefined) fault(name, unusable);
    }
    if (others.WXA_PLAINTEXT !== undefined && !isLoopback(others.WXA_GATEWAY.host))
      fault('WXA_PLAINTEXT', 'only for a gateway on this machine');
  });

export type ConnectionSettings = z.infer<typeof settings>;

/** The connection that the options and the environment give. Throws a ConfigError that names the option or variable. */
export function connectionSettings(given: ConnectionValues, environment = process.env): ConnectionSettings {
  const { gateway, caFile, certFile, keyFile, tokenFile, plaintext } = given;
  const options = {
    ...{ gateway, 'ca-file': caFile, 'cert-file': certFile, 'key-file': keyFile, 'token-file': tokenFile },
    plaintext: plaintext && '1',
  };
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  try {
    return readConfig(settings, {
      ...environment,
      ...Object.fromEntries(set.map(([name, value]) => [variable(name), String(value)])),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const named = (fault: string) => {
      const option = set.find(([name]) => fault.startsWith(`${variable(name)}:`))?.[0];
      return option === undefined ? fault : fault.replace(variable(option), `--${option}`);
    };
    throw new ConfigError(error.faults.map(named));
  }
}

function variable(option: string): string {
  return `WXA_${option.toUpperCase().replaceAll('-', '_')}`;
}

import { Flex, Typography } from 'antd';
import { Details } from '../ui/details.js';
import { Tags } from '../ui/value.js';
import type { Settings } from './scope.js';

export const DOMAIN_KINDS = ['request', 'websocket', 'upload', 'download', 'udp', 'tcp'] as const;

/** Settings to read: only what they say something about. */
export function SettingsView({ settings }: { settings: Settings }) {
  const { serverDomains, webviewDomains, privacyGuide, extJson, requiredExtPointers, interfaces } = settings;
  const domains = DOMAIN_KINDS.map((kind) => [`settings.${kind}`, tagged(serverDomains?.[kind])]);
  return (
    <Details
      column={{ xs: 1, lg: 2 }}
      rows={{
        ...Object.fromEntries(domains),
        'settings.webview': tagged(webviewDomains),
        'settings.pointers': tagged(requiredExtPointers),
        'settings.interfaces': tagged(interfaces.map(({ apiName }) => apiName)),
        'settings.sdks': tagged(privacyGuide?.sdks.map(({ name }) => name)),
        'settings.purposes': privacyGuide?.purposes.length ? <Purposes {...privacyGuide} /> : '',
        'settings.ext': extJson && <code>{extJson}</code>,
      }}
    />
  );
}

const tagged = (words: readonly string[] = []) => (words.length > 0 ? <Tags words={words} /> : '');

function Purposes({ purposes }: Pick<NonNullable<Settings['privacyGuide']>, 'purposes'>) {
  return (
    <Flex vertical>
      {purposes.map(({ key, text }) => (
        <span key={key}>
          <Typography.Text code>{key}</Typography.Text> {text}
        </span>
      ))}
    </Flex>
  );
}

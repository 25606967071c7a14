import { Flex, Tag, Typography } from 'antd';
import { Details } from '../ui/list/details.js';
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
        'settings.purposes': privacyGuide?.purposes.length ? (
          <Purposes purposes={privacyGuide.purposes} />
        ) : undefined,
        'settings.ext': extJson === '' ? undefined : <code>{extJson}</code>,
      }}
    />
  );
}

/** Undefined without any. */
function tagged(words: readonly string[] = []) {
  if (words.length === 0) return undefined;
  return (
    <Flex gap={4} wrap>
      {words.map((word) => (
        <Tag key={word}>{word}</Tag>
      ))}
    </Flex>
  );
}

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

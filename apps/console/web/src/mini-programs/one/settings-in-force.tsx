import { Button, Card, Flex, Tag } from 'antd';
import { Link } from 'react-router';
import { call } from '../../api/call.js';
import { useAction, useCall } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { layerPath, scopeName } from '../../settings/scope.js';
import { SettingsView } from '../../settings/settings-view.js';
import { type TextKey, t } from '../../text/text.js';
import { ErrorAlert } from '../../ui/page.js';
import { Secondary } from '../../ui/value.js';
import { HintTag } from '../list/columns.js';
import type { MiniProgram } from '../types.js';

/** What a mini-program needs by all layers of settings, which layers those are, and how to apply it to this one alone. */
export function SettingsInForce({ program: { appid, drifted } }: { program: MiniProgram }) {
  const { data, error, refetch } = useCall('Settings/GetEffectiveSettings', { appid });
  const layers = data?.layers ?? [];
  return (
    <Card
      size="small"
      title={t('miniPrograms.settings')}
      extra={canAct && <Link to={layerPath({ appid })}>{t('miniPrograms.editOwnLayer')}</Link>}
    >
      <ErrorAlert error={error} retry={refetch} />
      <Flex vertical gap="small">
        <Flex gap={4} wrap align="center">
          {data && layers.length === 0 && <Secondary>{t('miniPrograms.noLayers')}</Secondary>}
          {layers.map(({ scope = {}, version }) => (
            <Link key={layerPath(scope)} to={layerPath(scope)}>
              <Tag color="processing">{scopeName(scope, version)}</Tag>
            </Link>
          ))}
          {drifted && <HintTag color="warning" text="drifted" />}
        </Flex>
        {data?.settings && <SettingsView settings={data.settings} />}
        {canAct && layers.length > 0 && (
          <Flex gap="small" wrap align="center">
            {APPLIED.map(([method, text]) => (
              <ApplyButton key={method} appid={appid} method={method} text={text} />
            ))}
            <Secondary>{t('miniPrograms.applyHint')}</Secondary>
          </Flex>
        )}
      </Flex>
    </Card>
  );
}

const APPLIED = [
  ['Setup/SetServerDomains', 'miniPrograms.applyServerDomains'],
  ['Setup/SetWebviewDomains', 'miniPrograms.applyWebviewDomains'],
  ['Setup/SetPrivacyGuide', 'miniPrograms.applyGuide'],
] as const;

function ApplyButton(props: { appid: string; method: (typeof APPLIED)[number][0]; text: TextKey }) {
  const { appid, method, text } = props;
  const apply = useAction(
    (_, requestId) => call<typeof method>(method, { appid, requestId, fromSettings: true }),
    { success: t('miniPrograms.accepted', { action: t(text) }) },
  );
  return (
    <Button size="small" loading={apply.isPending} onClick={() => apply.mutate()}>
      {t(text)}
    </Button>
  );
}

import { Button, Flex, Input, Modal, Segmented, Typography } from 'antd';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { usePages } from '../api/query.js';
import { canAct } from '../app/session.js';
import { t } from '../text/text.js';
import { LinkButton } from '../ui/link-button.js';
import { Page } from '../ui/page.js';
import { LabelSelect } from '../ui/selects.js';
import { PagedTable } from '../ui/table.js';
import { Time } from '../ui/value.js';
import { layerPath, scopeName } from './scope.js';

/** The layers of settings: of the platform, of labels by their order, of single mini-programs. */
export function Component() {
  const list = usePages('Settings/ListSettingsLayers', { pageSize: 100 }, ({ layers }) => layers);
  const [isAdding, setAdding] = useState(false);
  return (
    <Page
      title={t('settings.title')}
      actions={
        <>
          <LinkButton to="/settings/domains">{t('settings.platformDomains')}</LinkButton>
          {canAct && (
            <Button type="primary" onClick={() => setAdding(true)}>
              {t('settings.add')}
            </Button>
          )}
        </>
      }
    >
      <Typography.Paragraph type="secondary">{t('settings.intro')}</Typography.Paragraph>
      <PagedTable
        pages={list}
        empty={t('settings.none')}
        rowKey={({ scope = {} }) => layerPath(scope)}
        columns={{
          'settings.scope': ({ scope = {} }) => <Link to={layerPath(scope)}>{scopeName(scope)}</Link>,
          'settings.order': ({ scope, order }) => (scope?.label ? order : '–'),
          'settings.version': ({ version }) => version,
          'settings.changedAt': ({ createTime }) => <Time at={createTime} />,
        }}
      />
      {isAdding && <AddLayer onClose={() => setAdding(false)} />}
    </Page>
  );
}

const KINDS = {
  platform: 'settings.forPlatform',
  label: 'settings.forLabel',
  appid: 'settings.forAppid',
} as const;
type Kind = keyof typeof KINDS;

/** Asks what a new layer is for. */
function AddLayer({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [kind, setKind] = useState<Kind>('label');
  const [name, setName] = useState('');
  const isNamed = kind === 'platform' || name.trim() !== '';
  return (
    <Modal
      open
      title={t('settings.add')}
      okText={t('settings.open')}
      okButtonProps={{ disabled: !isNamed }}
      onOk={() => navigate(layerPath(kind === 'platform' ? {} : { [kind]: name.trim() }))}
      onCancel={onClose}
    >
      <Flex vertical gap="middle">
        <Segmented
          value={kind}
          onChange={setKind}
          options={(Object.keys(KINDS) as Kind[]).map((value) => ({ value, label: t(KINDS[value]) }))}
        />
        {kind === 'label' && (
          <LabelSelect value={[name].filter(Boolean)} onChange={(labels) => setName(labels.at(-1) ?? '')} />
        )}
        {kind === 'appid' && (
          <Input
            value={name}
            aria-label="AppID"
            placeholder="wx0123456789abcdef"
            onChange={({ target }) => setName(target.value)}
          />
        )}
      </Flex>
    </Modal>
  );
}

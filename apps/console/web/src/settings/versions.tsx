import { Button, Drawer, Flex } from 'antd';
import { useState } from 'react';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { t } from '../text/text.js';
import { WideTable } from '../ui/table.js';
import { Time } from '../ui/value.js';
import type { Scope, Settings } from './scope.js';
import { SettingsView } from './settings-view.js';

type Version = Response<'Settings/ListSettingsVersions'>['versions'][number];

interface Props {
  scope: Scope;
  /** Fills the form with an older content, which an operator then saves as a new version. */
  onRestore: ((settings: Settings) => void) | undefined;
}

/** The last 50 versions of a layer: who changed it, why, and what it said. */
export function Versions({ scope, onRestore }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { data, error, refetch } = useCall('Settings/ListSettingsVersions', { scope }, { enabled: isOpen });
  const restore = (settings: Settings) => {
    onRestore?.(settings);
    setOpen(false);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('settings.versions')}</Button>
      <Drawer open={isOpen} onClose={() => setOpen(false)} title={t('settings.versions')} size="large">
        <WideTable<Version>
          label={t('settings.versions')}
          rowKey="version"
          rows={data?.versions}
          error={error}
          retry={refetch}
          expandable={{
            columnTitle: t('trail.detail'),
            columnWidth: 60,
            rowExpandable: ({ settings }) => settings !== undefined,
            expandedRowRender: ({ settings }) =>
              settings && (
                <Flex vertical gap="small" align="start">
                  <SettingsView settings={settings} />
                  {onRestore && <Button onClick={() => restore(settings)}>{t('settings.restore')}</Button>}
                </Flex>
              ),
          }}
          columns={{
            'settings.version': ({ version }) => version,
            'settings.changedAt': ({ createTime }) => <Time at={createTime} />,
            'miniPrograms.who': ({ onBehalfOf, caller }) => onBehalfOf || caller,
            reason: ({ reason, settings }) => (settings ? reason : t('settings.wasDeleted')),
          }}
        />
      </Drawer>
    </>
  );
}

import { ReloadOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Typography } from 'antd';
import { useText } from '../text/text.js';
import { Page } from '../ui/page.js';
import { Time } from '../ui/time.js';
import { DraftsTable } from './drafts-table.js';
import { LatestChanges } from './latest-changes.js';
import { TemplatesTable } from './templates-table.js';
import { useLibrary } from './use-library.js';

/** The platform's template library, and the drafts that templates are made of. */
export function Component() {
  const t = useText();
  const { templates, drafts } = useLibrary();
  const isAsking = templates.isFetching || drafts.isFetching;
  const ask = () => Promise.all([templates.refetch(), drafts.refetch()]);
  return (
    <Page
      title={t('templates.title')}
      mark={
        templates.dataUpdatedAt > 0 && (
          <Typography.Text type="secondary">
            {t('templates.asOf')} <Time at={new Date(templates.dataUpdatedAt).toISOString()} />
          </Typography.Text>
        )
      }
      actions={
        <Button icon={<ReloadOutlined />} loading={isAsking} onClick={ask}>
          {t('templates.ask')}
        </Button>
      }
    >
      {isAsking && templates.data === undefined && <Alert type="info" showIcon title={t('templates.slow')} />}
      <Card title={t('templates.list')}>
        <TemplatesTable />
      </Card>
      <Card title={t('templates.drafts')}>
        <DraftsTable />
      </Card>
      <LatestChanges />
    </Page>
  );
}

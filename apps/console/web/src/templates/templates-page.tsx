import { ReloadOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Typography } from 'antd';
import { useCall } from '../api/query.js';
import { useText } from '../text/text.js';
import { Page } from '../ui/page.js';
import { Time } from '../ui/time.js';
import { DraftsTable } from './drafts-table.js';
import { LatestChanges } from './latest-changes.js';
import { TemplatesTable } from './templates-table.js';

/** Each read asks WeChat. */
const ASKED = { staleTime: 60_000 };

/** The platform's template library, and the drafts that templates are made of. */
export function Component() {
  const t = useText();
  const templates = useCall('Templates/ListTemplates', {}, ASKED);
  const drafts = useCall('Templates/ListDrafts', {}, ASKED);
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
        <TemplatesTable templates={templates.data?.templates} error={templates.error} />
      </Card>
      <Card title={t('templates.drafts')}>
        <DraftsTable
          drafts={drafts.data?.drafts}
          templates={templates.data?.templates ?? []}
          error={drafts.error}
        />
      </Card>
      <LatestChanges />
    </Page>
  );
}

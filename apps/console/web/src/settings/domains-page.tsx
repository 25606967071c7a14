import { Button, Card, Flex, Form, Segmented, Typography } from 'antd';
import { useState } from 'react';
import { call } from '../api/call.js';
import { withEdits } from '../api/edits.js';
import { useAction, useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { canAct } from '../app/session.js';
import { runChange } from '../operations/run-change.js';
import { t } from '../text/text.js';
import { Field, Words } from '../ui/form/field.js';
import { ErrorAlert, Page } from '../ui/page.js';
import { Secondary } from '../ui/value.js';

const FAMILIES = { server: 'settings.serverDomains', webview: 'settings.webview' } as const;
type Family = keyof typeof FAMILIES;

/** The domains that mini-programs of the platform may use, as WeChat has them. */
export function Component() {
  const read = useCall('PlatformDomains/GetPlatformDomains', {}, { staleTime: 300_000 });
  const [family, setFamily] = useState<Family>('server');
  const lists = read.data?.[family];
  const options = (Object.keys(FAMILIES) as Family[]).map((value) => ({ value, label: t(FAMILIES[value]) }));
  return (
    <Page title={t('settings.platformDomains')}>
      <Typography.Paragraph type="secondary">{t('settings.domainsIntro')}</Typography.Paragraph>
      <ErrorAlert error={read.error} retry={read.refetch} />
      <Segmented value={family} onChange={setFamily} options={options} style={{ alignSelf: 'start' }} />
      {read.isPending && <Card loading />}
      {lists && <DomainsForm key={family} family={family} lists={lists} />}
      {family === 'webview' && <ConfirmFile />}
    </Page>
  );
}

interface Props {
  family: Family;
  lists: NonNullable<Response<'PlatformDomains/GetPlatformDomains'>['server']>;
}

interface Input {
  domains: string[];
  publishedTogether: boolean;
  allowInUse: boolean;
}

function DomainsForm({ family, lists }: Props) {
  // The form shows this one until it is closed; the lists are read again meanwhile.
  const [before] = useState(lists.published);
  const set = async ({ domains: edited, ...rest }: Input, requestId: string) => {
    // The whole list is replaced, also what others have changed since it was read.
    const now = (await call('PlatformDomains/GetPlatformDomains', {}))[family];
    const base = rest.publishedTogether ? now?.published : now?.testing;
    // In one order: the same click again has to send the same.
    const domains = withEdits(base ?? before, before, edited).toSorted();
    await runChange('PlatformDomains/SetPlatformDomains', { requestId, [family]: { domains }, ...rest });
  };
  const save = useAction(set, {
    invalidates: ['PlatformDomains/GetPlatformDomains'],
    success: t('settings.domainsSet'),
  });
  return (
    <Form
      layout="vertical"
      disabled={!canAct}
      style={{ maxWidth: 760 }}
      onFinish={(input: Input) => save.mutate(input)}
      initialValues={{ domains: lists.published, publishedTogether: true, allowInUse: false }}
    >
      <Form.Item
        name="domains"
        label={t('settings.published')}
        extra={t('settings.testing', { names: lists.testing.join(' ') || '–' })}
      >
        <Words />
      </Form.Item>
      <Field of="check" name="publishedTogether" label="settings.publishedTogether" />
      <Field of="check" name="allowInUse" label="settings.allowInUse" />
      {canAct && (
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('settings.setDomains')}
        </Button>
      )}
    </Form>
  );
}

/** WeChat reads it at the root of each web-view domain before it takes the domain. */
function ConfirmFile() {
  const [isAsked, setAsked] = useState(false);
  const { data, error, isFetching, refetch } = useCall(
    'PlatformDomains/GetPlatformDomainFile',
    {},
    { enabled: isAsked },
  );
  return (
    <Flex vertical gap="small" align="start">
      <Secondary>{t('settings.fileHint')}</Secondary>
      <Button onClick={() => setAsked(true)} loading={isFetching}>
        {t('settings.getFile')}
      </Button>
      <ErrorAlert error={error} retry={refetch} />
      {data && (
        <Typography.Text copyable={{ text: data.content }}>
          <code>{data.fileName}</code>: <code>{data.content}</code>
        </Typography.Text>
      )}
    </Flex>
  );
}

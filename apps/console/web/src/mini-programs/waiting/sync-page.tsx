import { Alert, Button, Skeleton, Typography } from 'antd';
import { call } from '../../api/call.js';
import { useAction, useCall } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { t } from '../../text/text.js';
import { Details } from '../../ui/details.js';
import { ErrorAlert, Page } from '../../ui/page.js';
import { Original, StateTag, Time } from '../../ui/value.js';
import { MiniProgramTabs } from '../list/list-page.js';

const RUNNING = 'AUTHORIZER_SYNC_STATE_RUNNING';

/** Compares the mini-programs here with WeChat's list; also the first import. */
export function Component() {
  const { data, error, isPending, refetch } = useCall(
    'Authorizers/GetAuthorizerSync',
    {},
    { refetchInterval: ({ state }) => (state.data?.state === RUNNING ? 1_000 : 15_000) },
  );
  const start = useAction(() => call('Authorizers/SyncAuthorizers', {}));
  const isNone = error?.reason === 'AUTHORIZER_SYNC_NOT_FOUND';
  const isRunning = data?.state === RUNNING;
  return (
    <Page title={t('miniPrograms.title')}>
      <MiniProgramTabs active="sync" />
      <Typography.Paragraph>{t('miniPrograms.syncIntro')}</Typography.Paragraph>
      {canAct && (
        <Button
          type="primary"
          loading={start.isPending || isRunning}
          onClick={() => start.mutate()}
          style={{ alignSelf: 'start' }}
        >
          {t(isNone ? 'miniPrograms.firstSync' : 'miniPrograms.syncNow')}
        </Button>
      )}
      {isNone ? (
        <Alert type="info" showIcon title={t('miniPrograms.neverSynced')} />
      ) : (
        <ErrorAlert error={error} retry={refetch} />
      )}
      {isPending && <Skeleton active title={false} />}
      {data?.error && (
        <Alert
          type="error"
          showIcon
          title={t('miniPrograms.syncFailed')}
          description={<Original words={data.error} />}
        />
      )}
      {data && (
        <Details
          bordered
          column={{ xs: 1, md: 2 }}
          rows={{
            'miniPrograms.state': <StateTag of="sync" state={data.state} />,
            'miniPrograms.sync.pages': data.pages,
            'miniPrograms.sync.from': <Time at={data.createTime} />,
            'miniPrograms.sync.to': <Time at={data.endTime} />,
            'miniPrograms.sync.total': data.total,
            'miniPrograms.sync.added': data.added,
            'miniPrograms.sync.repaired': data.repaired,
            'miniPrograms.sync.recovered': data.recovered,
            'miniPrograms.sync.unknown': data.unknown,
          }}
        />
      )}
    </Page>
  );
}

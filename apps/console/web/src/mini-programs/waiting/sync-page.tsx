import { Alert, Button, Typography } from 'antd';
import { useCall, useCommand } from '../../api/query.js';
import type { Response } from '../../api/types.js';
import { useSession } from '../../app/session.js';
import { useText } from '../../text/text.js';
import { ErrorAlert } from '../../ui/error-alert.js';
import { Details } from '../../ui/list/details.js';
import { Page } from '../../ui/page.js';
import { StateTag } from '../../ui/state-tag.js';
import { Time } from '../../ui/time.js';
import { MiniProgramTabs } from '../list/list-page.js';

type Sync = Response<'Authorizers/GetAuthorizerSync'>;
const RUNNING = 'AUTHORIZER_SYNC_STATE_RUNNING';

/** Compares the mini-programs here with WeChat's list; also the first import. */
export function Component() {
  const t = useText();
  const { canAct } = useSession();
  const { data, error, refetch } = useCall(
    'Authorizers/GetAuthorizerSync',
    {},
    { refetchInterval: ({ state }) => (state.data?.state === RUNNING ? 1_000 : 15_000) },
  );
  const start = useCommand('Authorizers/SyncAuthorizers', { invalidates: ['Authorizers/GetAuthorizerSync'] });
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
          onClick={() => start.mutate({})}
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
      {data && <Run run={data} />}
    </Page>
  );
}

function Run({ run }: { run: Sync }) {
  return (
    <>
      {run.error !== '' && <Alert type="error" showIcon title={<span lang="en">{run.error}</span>} />}
      <Details
        bordered
        column={{ xs: 1, md: 2 }}
        rows={{
          'miniPrograms.state': <StateTag of="sync" state={run.state} />,
          'miniPrograms.sync.pages': run.pages,
          'miniPrograms.sync.from': <Time at={run.createTime} />,
          'miniPrograms.sync.to': <Time at={run.endTime} />,
          'miniPrograms.sync.total': run.total,
          'miniPrograms.sync.added': run.added,
          'miniPrograms.sync.repaired': run.repaired,
          'miniPrograms.sync.recovered': run.recovered,
          'miniPrograms.sync.unknown': run.unknown,
        }}
      />
    </>
  );
}

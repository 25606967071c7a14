import { Button, Card, Empty, Flex, Space, Typography } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../../api/query.js';
import { hintOf } from '../../text/hint.js';
import { causeOf } from '../../text/sentence.js';
import { language, nameOf, t } from '../../text/text.js';
import { ErrorAlert } from '../../ui/page.js';
import { StateTag } from '../../ui/value.js';
import type { Dialogs } from '../actions/dialogs.js';
import { queryOf } from '../core/filter.js';
import type { Possible } from '../core/possible.js';
import { canRetryAsIs, filterOfGroup } from '../core/reach.js';
import { TargetName } from '../parts/names.js';
import { type Failure, short } from '../types.js';

/** The page stays small, whatever fails; the others are behind a link. */
const SHOWN = 10;

interface Props {
  id: string;
  possible: Pick<Possible, 'retry' | 'skip'>;
  dialogs: Dialogs;
}

/** The failure groups, largest first, with what can be done about each. */
export function Failures(props: Props) {
  const { id, possible, dialogs } = props;
  const { data, error, refetch } = useCall('Rollouts/ListRolloutFailures', { id });
  const failures = data?.failures;
  const retryAll = possible.retry && failures?.some(canRetryAsIs) && (
    <Button size="small" onClick={dialogs.retryAll}>
      {t('rollouts.retryAll')}
    </Button>
  );
  return (
    <Card size="small" title={t('rollouts.failures')} extra={retryAll} loading={!failures && !error}>
      <ErrorAlert error={error} retry={refetch} />
      {failures?.length === 0 && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('rollouts.noFailures')} />
      )}
      <Flex vertical gap="middle">
        {failures?.slice(0, SHOWN).map((group) => (
          <Group key={`${queryOf(filterOfGroup(group))}`} {...props} group={group} />
        ))}
      </Flex>
      {failures && failures.length > SHOWN && (
        <Link to={`/rollouts/${id}/targets?state=FAILED`}>
          {t('rollouts.moreFailures', { n: failures.length - SHOWN })}
        </Link>
      )}
    </Card>
  );
}

function Group({ id, possible, dialogs, group }: Props & { group: Failure }) {
  const { state, step, title, reason, errcode, count, sampleAppids } = group;
  const filter = filterOfGroup(group);
  const cause = causeOf({ ...group, errmsg: title === reason ? '' : title });
  const isDoubt = short(state) === 'IN_DOUBT';
  return (
    <section aria-label={reason}>
      <b>{count.toLocaleString()}</b> <StateTag of="target" state={state} /> {nameOf('step', step)}
      {cause && ` · ${cause}`}{' '}
      <Typography.Text code>{errcode === 0 ? reason : `${errcode} ${reason}`}</Typography.Text>
      <Typography.Paragraph type="secondary" style={{ margin: '4px 0' }}>
        {hintOf(group, language)}
      </Typography.Paragraph>
      <Space wrap size="small">
        {sampleAppids.slice(0, 3).map((appid) => (
          <TargetName key={appid} id={id} appid={appid} />
        ))}
        <Link to={`/rollouts/${id}/targets?${queryOf(filter)}`}>{t('rollouts.view')}</Link>
        {isDoubt && <Link to="/doubts">{t('rollouts.resolve')}</Link>}
        {!isDoubt && possible.retry && (
          <Button size="small" onClick={() => dialogs.command('retry', filter)}>
            {short(step) === 'AUDIT'
              ? t('rollouts.retryFrom', { step: nameOf('step', 'SUBMIT_AUDIT') })
              : t('rollouts.retry')}
          </Button>
        )}
        {short(state) === 'FAILED' && possible.skip && (
          <Button size="small" onClick={() => dialogs.command('skip', filter)}>
            {t('rollouts.skip')}
          </Button>
        )}
      </Space>
    </section>
  );
}

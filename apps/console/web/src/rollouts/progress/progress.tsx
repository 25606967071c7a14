import { Button, Card, Col, Flex, Row, Space } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useCall } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { auditQuotaOf } from '../../platform/quota.js';
import { t } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import { LiveMark, Page } from '../../ui/page.js';
import { Secondary, Time } from '../../ui/value.js';
import { whoOf } from '../../ui/who.js';
import { Actions } from '../actions/actions.js';
import { useDialogs } from '../actions/dialogs.js';
import { questionsOf } from '../actions/questions.js';
import { possibleWith } from '../core/possible.js';
import { Bar } from '../parts/bar.js';
import { Journal } from '../parts/journal.js';
import { counted, Status, statusText } from '../parts/names.js';
import { Waves } from '../parts/waves.js';
import type { Rollout } from '../types.js';
import type { useRollout } from '../use-rollout.js';
import { Failures } from './failures.js';
import { History } from './history.js';
import { Holds } from './holds.js';

type View = ReturnType<typeof useRollout> & { rollout: Rollout };

const NOTHING = { retry: false, skip: false, advance: false };

/** A rollout that was started: what its targets do, and what can be done about it. */
export default function Progress({ view }: { view: View }) {
  const { rollout, isLive } = view;
  const { id, counts } = rollout;
  const dialogs = useDialogs(rollout);
  const { advance } = questionsOf(rollout);
  const possible = canAct ? possibleWith(rollout) : NOTHING;
  return (
    <Page
      title={titleOf(rollout)}
      state={statusText(rollout)}
      mark={<Status rollout={rollout} />}
      actions={
        <>
          {isLive && <Updates view={view} />}
          {canAct && <Actions rollout={rollout} dialogs={dialogs} />}
        </>
      }
    >
      <Facts rollout={rollout} />
      <Holds rollout={rollout} />
      <Card size="small">
        <Bar rollout={rollout} counts={counts} listsOf={id} />
        <Numbers rollout={rollout} />
      </Card>
      <Waves rollout={rollout} onOpen={possible.advance ? (gate) => dialogs.ask(advance(gate)) : undefined} />
      <Row gutter={[16, 16]}>
        <Col xs={24} lg={14}>
          <Flex vertical gap="middle">
            <Failures {...{ id, possible, dialogs }} />
            <History id={id} isLive={isLive} />
          </Flex>
        </Col>
        <Col xs={24} lg={10}>
          <Journal id={id} />
        </Col>
      </Row>
      {dialogs.open}
    </Page>
  );
}

/** Whether the page changes by itself, and the button that stops that. */
function Updates({ view: { connection, isPaused, setPaused } }: { view: View }) {
  return (
    <>
      {!isPaused && <LiveMark connection={connection} />}
      <Button type="text" onClick={() => setPaused(!isPaused)}>
        {t(isPaused ? 'rollouts.continueUpdates' : 'rollouts.pauseUpdates')}
      </Button>
    </>
  );
}

/** Facts in one line. */
function Line({ children }: { children: ReactNode }) {
  return (
    <Secondary>
      <Space wrap size={4} separator="·">
        {children}
      </Space>
    </Secondary>
  );
}

/** What is released, since when, by whom, and the rollout that it takes back or by which it is taken back. */
function Facts({ rollout }: { rollout: Rollout }) {
  const { spec, rollbackOf, rolledBackBy, startTime, endTime } = rollout;
  const version = { template: spec?.templateId ?? '', version: spec?.userVersion ?? '' };
  const at = (what: 'started' | 'ended', time: string | undefined) =>
    time && (
      <span>
        {t(`rollouts.${what}`)} <Time at={time} />
      </span>
    );
  return (
    <Line>
      {t(rollbackOf ? 'rollouts.takesBack' : 'rollouts.templateVersion', version)}
      {at('started', startTime)}
      {at('ended', endTime)}
      {whoOf(rollout)}
      {rollbackOf && <Link to={`/rollouts/${rollbackOf}`}>{t('rollouts.theRollout')}</Link>}
      {rolledBackBy && (
        <span>
          {t('rollouts.rolledBackBy')}{' '}
          <Link to={`/rollouts/${rolledBackBy}`}>{t('rollouts.theRollback')}</Link>
        </span>
      )}
    </Line>
  );
}

function Numbers({ rollout }: { rollout: Rollout }) {
  const { data: status } = useCall('Platform/GetPlatformStatus', {});
  const quota = status && auditQuotaOf(status);
  const { id, targets, submissions, stepsPerMinute, speedUps, spec } = rollout;
  const { maxSubmissions = 0, reserve = 0 } = spec?.auditBudget ?? {};
  const { limit = 0, rest = 0 } = quota?.quota ?? {};
  return (
    <Flex wrap gap="4px 16px" justify="space-between">
      <Line>
        {t('rollouts.targetsOf', { n: targets })}
        {t('rollouts.stepsPerMinute', { n: stepsPerMinute })}
        {maxSubmissions > 0
          ? t('rollouts.submittedOf', { n: submissions, limit: maxSubmissions })
          : t('rollouts.submitted', { n: submissions })}
        {counted({ 'rollouts.spedUp': speedUps, 'rollouts.reserve': reserve })}
        {limit > 0 && (
          <span>
            {t('rollouts.platformLeft', { n: rest })} (<Time at={quota?.time} />)
          </span>
        )}
      </Line>
      <Link to={`/rollouts/${id}/targets`}>{t('rollouts.allTargets')}</Link>
    </Flex>
  );
}

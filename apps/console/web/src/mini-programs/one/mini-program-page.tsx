import { Alert, Col, Flex, Row } from 'antd';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { canAct } from '../../app/session.js';
import { type TextKey, t } from '../../text/text.js';
import { ErrorAlert, LiveMark, Page, Unread } from '../../ui/page.js';
import { Appid } from '../../ui/value.js';
import { ActionModal } from '../actions/action-modal.js';
import { Invite } from '../actions/invite.js';
import { type Action, actionOf, whyNot } from '../actions/possible.js';
import { openItems } from '../list/rows.js';
import { type Answers, withAnswers } from './answers.js';
import { AskWechat } from './ask-wechat.js';
import { Authorization } from './authorization.js';
import { History, Queue } from './history.js';
import { Labels } from './labels.js';
import { ReadinessCard } from './readiness.js';
import { RolloutsOf } from './rollouts-of.js';
import { SettingsInForce } from './settings-in-force.js';
import { useMiniProgram, useQueue } from './use-mini-program.js';
import { VersionCards } from './version-cards.js';

/** What a mini-program without tokens cannot do. */
const LOST: Partial<Record<string, TextKey>> = {
  AUTHORIZER_STATE_UNAUTHORIZED: 'miniPrograms.unauthorized',
  AUTHORIZER_STATE_NEEDS_AUTHORIZATION: 'miniPrograms.needsAuthorization',
};

/** One mini-program: what is live, in audit and on trial, what waits for whom, what was done, and what can be done. */
export function Component() {
  const { appid = '' } = useParams();
  const { program, authorizer, facts } = useMiniProgram(appid);
  const [answers, setAnswers] = useState<Answers>();
  // What WeChat answered before a change is not true any more.
  const { queue, connection } = useQueue(appid, () => setAnswers(undefined));
  const [parameters, setParameters] = useSearchParams();
  const action = actionOf(parameters.get('action'));
  const setAction = (next?: Action) => setParameters(next ? { action: next } : {}, { replace: true });
  if (program.data === undefined)
    return <Unread title={appid} error={program.error} retry={program.refetch} />;
  const shown = answers ? withAnswers(program.data, answers) : program.data;
  const lost = LOST[shown.authorization];
  const isWaiting = openItems(shown).length > 0;
  const mark = (
    <Flex gap="middle">
      <Appid appid={appid} />
      <LiveMark connection={connection} />
    </Flex>
  );
  return (
    <Page title={shown.name || appid} mark={mark}>
      <ErrorAlert error={program.error} retry={program.refetch} />
      <Labels program={shown} />
      {lost && <Alert type="warning" showIcon title={t(lost)} action={<Invite appid={appid} />} />}
      {isWaiting && <ReadinessCard program={shown} />}
      <Queue queue={queue} />
      <VersionCards facts={facts(shown)} program={shown} onAction={canAct ? setAction : undefined} />
      <AskWechat appid={appid} answers={answers} onAnswers={setAnswers} />
      <Row gutter={[16, 16]}>
        <Col xs={24} lg={14}>
          <Flex vertical gap="middle">
            {!isWaiting && <ReadinessCard program={shown} />}
            <RolloutsOf appid={appid} />
          </Flex>
        </Col>
        <Col xs={24} lg={10}>
          <ErrorAlert error={authorizer.error} retry={authorizer.refetch} />
          {authorizer.data && <Authorization authorizer={authorizer.data} />}
        </Col>
      </Row>
      <SettingsInForce program={shown} />
      <History appid={appid} />
      {action && canAct && whyNot(action, facts(shown)) === undefined && (
        <ActionModal
          {...{ action, program: shown, queue: queue.length, like: parameters.get('like') ?? '' }}
          onClose={() => setAction()}
        />
      )}
    </Page>
  );
}

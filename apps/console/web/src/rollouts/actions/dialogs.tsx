import { Checkbox, Form, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../../api/call.js';
import { useCall } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { StoppedApi } from '../../operations/stopped-api.js';
import { causeOf } from '../../text/sentence.js';
import { nameOf, type TextKey, t } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import { Dialog } from '../../ui/form/dialog.js';
import { type Command, canRetryAsIs, filterOfGroup } from '../core/reach.js';
import { stepsOf } from '../core/segments.js';
import { type Failure, type Filter, type Rollout, short } from '../types.js';
import { ofTargets, type Question } from './questions.js';

export type Dialogs = ReturnType<typeof useDialogs>;

interface Options {
  /** After a change. */
  onDone?(): void;
  /** How often the page reads the rollout, if no stream says that its failures changed. */
  pollMs?: number;
}

/** The dialogs of what an operator does with a rollout; `open` is the one that is shown. */
export function useDialogs(rollout: Rollout, { onDone, pollMs = 0 }: Options = {}) {
  const [question, ask] = useState<Question>();
  const [groups, retryGroups] = useState<readonly Failure[]>();
  const { id } = rollout;
  const isStarted = short(rollout.state) !== 'DRAFT';
  const reading = { enabled: canAct && isStarted, refetchInterval: pollMs };
  const failures = useCall('Rollouts/ListRolloutFailures', { id }, reading).data?.failures;
  const close = (isDone: boolean) => {
    ask(undefined);
    retryGroups(undefined);
    if (isDone) onDone?.();
  };
  return {
    open: (
      <>
        {question && <QuestionDialog {...{ question, rollout }} onClose={close} />}
        {groups && <RetryGroups {...{ groups, rollout }} onClose={close} />}
      </>
    ),
    ask,
    command: (command: Command, filter: Filter) => ask(ofTargets(rollout, failures, command, filter)),
    retryAll: () => retryGroups(failures?.filter(canRetryAsIs)),
  };
}

interface Props {
  rollout: Rollout;
  onClose(isDone: boolean): void;
}

/** Asks, with a reason for the journal, and acts. */
function QuestionDialog({ question, rollout, onClose }: Props & { question: Question }) {
  const navigate = useNavigate();
  const { verb, values, isAtMost = false, isDangerous, isTyped, method, request, next } = question;
  const effect = `rollouts.${verb}${isAtMost ? 'AtMost' : 'Effect'}` as TextKey;
  const act = async (given: object, requestId: string) => {
    const more = verb === 'rollBack' ? { ...given, requestId } : given;
    const { id } = await call(method as 'Rollouts/ResumeRollout', { ...request, ...more });
    if (next) await navigate(next === 'list' ? '/rollouts' : `/rollouts/${id}`);
  };
  return (
    <Dialog
      title={t(`rollouts.${verb}`)}
      effect={t(effect, { ...values, gate: nameOf('gate', `${values.gate}`) })}
      isDangerous={isDangerous}
      nameToType={isTyped ? titleOf(rollout) : undefined}
      initial={verb === 'rollBack' ? { maxInFlight: 200 } : {}}
      run={act}
      success={t('rollouts.done')}
      onClose={onClose}
    >
      {verb === 'rollBack' && <RollbackFields audits={Number(values.audits)} />}
      {verb === 'retry' && <FromStep rollout={rollout} />}
    </Dialog>
  );
}

/** Retries all groups that may succeed. */
function RetryGroups({ groups, rollout, onClose }: Props & { groups: readonly Failure[] }) {
  const { id } = rollout;
  const n = groups.reduce((sum, { count }) => sum + count, 0);
  return (
    <Dialog<Failure>
      title={t('rollouts.retryAll')}
      effect={t('rollouts.retryAllEffect', { n })}
      items={groups}
      nameOf={(group) =>
        `${nameOf('step', group.step)} ${causeOf({ ...group, errmsg: group.title }) || group.reason}`
      }
      run={(given, _, group) => call('Rollouts/RetryRollout', { id, filter: filterOfGroup(group), ...given })}
      onClose={onClose}
    >
      <FromStep rollout={rollout} />
    </Dialog>
  );
}

const REVERT = 'wxa/revertcoderelease';

function RollbackFields({ audits }: { audits: number }) {
  const checks = [
    [['options', 'withdrawAudits'], t('rollouts.withdrawAudits', { n: audits })],
    [['options', 'keepReleased'], t('rollouts.keepReleased')],
    [['draft'], t('rollouts.asDraft')],
  ] as const;
  return (
    <>
      <StoppedApi api={REVERT} />
      {checks.map(([name, label]) => (
        <Form.Item key={label} name={[...name]} valuePropName="checked" style={{ marginBottom: 8 }}>
          <Checkbox>{label}</Checkbox>
        </Form.Item>
      ))}
      <Form.Item name="maxInFlight" label={t('rollouts.maxInFlight')} rules={[{ required: true }]}>
        <InputNumber min={1} max={2000} />
      </Form.Item>
    </>
  );
}

/** A step that a retry can start from; by default the one that failed. A paused rollout runs nothing until it is resumed. */
function FromStep({ rollout }: { rollout: Rollout }) {
  const steps = stepsOf(rollout).map((step) => `ROLLOUT_STEP_${step}`);
  const hint = short(rollout.state) === 'PAUSED' && t('rollouts.afterResume');
  return (
    <Form.Item name="fromStep" label={t('rollouts.fromStep')} extra={hint}>
      <Select
        allowClear
        placeholder={t('rollouts.fromFailedStep')}
        options={steps.map((value) => ({ value, label: nameOf('step', value) }))}
      />
    </Form.Item>
  );
}

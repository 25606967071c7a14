import { useMutation } from '@tanstack/react-query';
import { App, Checkbox, Form, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { type ApiError, call } from '../../api/call.js';
import { useCall } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { StoppedApi } from '../../operations/stopped-api.js';
import { causeOf } from '../../text/sentence.js';
import { nameOf, type TextKey, t } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import { BatchModal } from '../../ui/form/batch-modal.js';
import { ReasonModal } from '../../ui/form/reason-modal.js';
import { ErrorAlert } from '../../ui/page.js';
import { type Command, canRetryAsIs, filterOfGroup } from '../core/reach.js';
import { stepsOf } from '../core/segments.js';
import { type Failure, type Filter, type Rollout, short } from '../types.js';
import { ofTargets, type Question } from './questions.js';

export type Dialogs = ReturnType<typeof useDialogs>;

/** The dialogs of what an operator does with a rollout; `open` is the one that is shown. */
export function useDialogs(rollout: Rollout, onDone: () => unknown) {
  const [question, ask] = useState<Question>();
  const [groups, retryGroups] = useState<readonly Failure[]>();
  const { id } = rollout;
  const isStarted = short(rollout.state) !== 'DRAFT';
  const { data } = useCall('Rollouts/ListRolloutFailures', { id }, { enabled: canAct && isStarted });
  const failures = data?.failures ?? [];
  return {
    open: (
      <>
        {question && <Dialog {...{ question, rollout, onDone }} onClose={() => ask(undefined)} />}
        {groups && <RetryGroups {...{ groups, rollout }} onClose={() => retryGroups(undefined)} />}
      </>
    ),
    ask,
    command: (command: Command, filter: Filter) => ask(ofTargets(rollout, failures, command, filter)),
    retryAll: () => retryGroups(failures.filter(canRetryAsIs)),
    onDone,
  };
}

interface Props {
  question: Question;
  rollout: Rollout;
  onDone(): unknown;
  onClose(): void;
}

/** Asks, with a reason for the journal, and acts; stays open with the error if the call is refused. */
function Dialog({ question, rollout, onDone, onClose }: Props) {
  const navigate = useNavigate();
  const { message } = App.useApp();
  const { verb, values, isAtMost = false, method, request, next, isTyped = false, ...shown } = question;
  const typed = titleOf(rollout);
  const act = useMutation<void, ApiError, object>({
    mutationFn: async (given) => {
      const { id } = await call(method as 'Rollouts/ResumeRollout', { ...request, ...given });
      if (next) await navigate(next === 'list' ? '/rollouts' : `/rollouts/${id}`);
      void message.success(t('rollouts.done'));
      await onDone();
      onClose();
    },
  });
  const title = t(`rollouts.${verb}`);
  const effect = `rollouts.${verb}${isAtMost ? 'AtMost' : 'Effect'}` as TextKey;
  return (
    <ReasonModal
      {...{ ...shown, title, isPending: act.isPending }}
      nameToType={isTyped ? typed : undefined}
      isOpen
      verb={title}
      initial={verb === 'rollBack' ? { maxInFlight: 200 } : {}}
      onConfirm={(reason, given) => act.mutate({ ...given, reason })}
      onCancel={onClose}
    >
      <ErrorAlert error={act.error} />
      <p>{t(effect, { ...values, gate: nameOf('gate', `${values.gate}`) })}</p>
      {verb === 'rollBack' && <RollbackFields audits={Number(values.audits)} />}
      {verb === 'retry' && <FromStep rollout={rollout} />}
    </ReasonModal>
  );
}

interface RetryProps extends Pick<Props, 'rollout' | 'onClose'> {
  groups: readonly Failure[];
}

/** Retries all groups that may succeed. */
function RetryGroups({ groups, rollout, onClose }: RetryProps) {
  const { id } = rollout;
  const n = groups.reduce((sum, { count }) => sum + count, 0);
  return (
    <BatchModal<Failure>
      title={t('rollouts.retryAll')}
      items={groups}
      nameOf={(group) =>
        `${nameOf('step', group.step)} ${causeOf({ ...group, errmsg: group.title }) || group.reason}`
      }
      effect={<p>{t('rollouts.retryAllEffect', { n })}</p>}
      run={(group, given) => call('Rollouts/RetryRollout', { id, filter: filterOfGroup(group), ...given })}
      onClose={onClose}
    >
      <FromStep rollout={rollout} />
    </BatchModal>
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

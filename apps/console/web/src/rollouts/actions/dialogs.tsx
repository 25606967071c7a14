import { App, Checkbox, Form, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../../api/call.js';
import { StoppedApi } from '../../operations/stopped-api.js';
import { type TextKey, useName, useText } from '../../text/text.js';
import { ErrorAlert } from '../../ui/error-alert.js';
import { ReasonModal } from '../../ui/form/reason-modal.js';
import type { GateStatus } from '../core/gates.js';
import type { Command } from '../core/reach.js';
import { stepsOf } from '../core/segments.js';
import { useAttempt } from '../parts/use-attempt.js';
import { type Failure, type Filter, type Rollout, short } from '../types.js';
import { ofRetryable, ofTargets, type Question, questionsOf } from './questions.js';

export type Dialogs = ReturnType<typeof useDialogs>;

/** The dialogs of what an operator does with a rollout; `open` is the one that is shown. */
export function useDialogs(rollout: Rollout, failures: readonly Failure[], onDone: () => unknown) {
  const [question, ask] = useState<Question>();
  const { resume, cancel, close, rollBack, advance } = questionsOf(rollout);
  const props = { rollout, onDone, onClose: () => ask(undefined) };
  return {
    open: question && <Dialog question={question} {...props} />,
    resume: () => ask(resume()),
    cancel: () => ask(cancel()),
    close: () => ask(close()),
    rollBack: () => ask(rollBack()),
    advance: (gate: GateStatus) => ask(advance(gate)),
    command: (command: Command, filter: Filter) => ask(ofTargets(rollout, failures, command, filter)),
    retryAll: () => ask(ofRetryable(rollout, failures)),
    // One click each, without a question.
    pause: () => call('Rollouts/PauseRollout', { id: rollout.id }).then(onDone),
    resumeNow: () => call('Rollouts/ResumeRollout', { id: rollout.id }).then(onDone),
  };
}

interface Props {
  question: Question;
  rollout: Rollout;
  onDone(): unknown;
  onClose(): void;
}

/** Asks, with a reason for the journal, and acts; stays open with the error if a call is refused. */
function Dialog({ question, rollout, onDone, onClose }: Props) {
  const t = useText();
  const name = useName();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const { attempt, error, isBusy } = useAttempt();
  const { verb, values, isAtMost = false, method, requests, next, ...shown } = question;
  const submit = (reason: string, given: object) =>
    attempt(async () => {
      let returned = rollout;
      for (const one of requests)
        returned = await call(method as 'Rollouts/ResumeRollout', { ...one, ...given, reason });
      if (next) await navigate(next === 'list' ? '/rollouts' : `/rollouts/${returned.id}`);
      void message.success(t('rollouts.done'));
      await onDone();
      onClose();
    });
  const title = t(`rollouts.${verb}`);
  const effect = `rollouts.${verb}${isAtMost ? 'AtMost' : 'Effect'}` as TextKey;
  return (
    <ReasonModal
      {...{ ...shown, title, isPending: isBusy }}
      isOpen
      verb={title}
      initial={verb === 'rollBack' ? { maxInFlight: 200 } : {}}
      onConfirm={submit}
      onCancel={onClose}
    >
      <ErrorAlert error={error} />
      <p>{t(effect, { ...values, gate: name('gate', `${values.gate}`) })}</p>
      {verb === 'rollBack' && <RollbackFields audits={Number(values.audits)} />}
      {(verb === 'retry' || verb === 'retryAll') && <FromStep rollout={rollout} />}
    </ReasonModal>
  );
}

const REVERT = 'wxa/revertcoderelease';

function RollbackFields({ audits }: { audits: number }) {
  const t = useText();
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
  const t = useText();
  const name = useName();
  const steps = stepsOf(rollout).map((step) => `ROLLOUT_STEP_${step}`);
  const hint = short(rollout.state) === 'PAUSED' && t('rollouts.afterResume');
  return (
    <Form.Item name="fromStep" label={t('rollouts.fromStep')} extra={hint}>
      <Select
        allowClear
        placeholder={t('rollouts.fromFailedStep')}
        options={steps.map((value) => ({ value, label: name('step', value) }))}
      />
    </Form.Item>
  );
}

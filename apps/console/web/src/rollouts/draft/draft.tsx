import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Card, Flex, Form, Input, Space, Steps, Typography } from 'antd';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { ApiError } from '../../api/call.js';
import { canAct } from '../../app/session.js';
import { t } from '../../text/text.js';
import { titleOf } from '../../text/title.js';
import { Field } from '../../ui/form/field.js';
import { ErrorAlert, Page, Unread } from '../../ui/page.js';
import { Secondary, StateTag } from '../../ui/value.js';
import { whoOf } from '../../ui/who.js';
import { useDialogs } from '../actions/dialogs.js';
import { questionsOf } from '../actions/questions.js';
import type { Rollout } from '../types.js';
import { Advanced, Basics } from './content.js';
import { PlanStep, usePlan } from './plan.js';
import { type Saved, savedDraft } from './save.js';
import { MoreTargets } from './targets.js';
import { type Conflict, type Editing, useEditor } from './use-editor.js';
import { WavesForm } from './waves.js';

const STEPS = ['content', 'waves', 'plan'] as const;
type Step = (typeof STEPS)[number];

/** A draft, with what is saved of it at this moment: an older read would undo what a colleague has saved since. */
export default function Draft({ rollout, onChange }: Omit<Editing, 'opened'>) {
  const { id } = rollout;
  const { data, error, refetch } = useQuery<Saved, ApiError>({
    queryKey: ['a draft', id],
    queryFn: () => savedDraft(id),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (data === undefined) return <Unread title={titleOf(rollout)} error={error} retry={refetch} />;
  return <DraftForm {...{ rollout, onChange }} opened={data} />;
}

/** Its form in two steps, and as the third what it would do. */
function DraftForm({ rollout, opened, onChange }: Editing) {
  const [parameters, setParameters] = useSearchParams();
  const step = STEPS.find((name) => name === parameters.get('step')) ?? 'content';
  const [form] = Form.useForm();
  const editor = useEditor({ rollout, opened, onChange }, form);
  const dialogs = useDialogs(rollout);
  const isRollback = rollout.rollbackOf !== '';
  const go = async (next: Step) => {
    if (canAct && step !== 'plan' && !(await editor.save())) return;
    setParameters({ step: next });
  };
  return (
    <Page
      title={titleOf(rollout)}
      mark={<StateTag of="rollout" state={rollout.state} />}
      actions={
        canAct && (
          <Button onClick={() => dialogs.ask(questionsOf(rollout).cancel())}>{t('rollouts.discard')}…</Button>
        )
      }
    >
      <Steps
        size="small"
        current={STEPS.indexOf(step)}
        onChange={(i) => void go(STEPS[i] ?? 'content')}
        items={STEPS.map((name) => ({ title: t(`draft.step.${name}`) }))}
      />
      {editor.latest && whoOf(editor.latest) !== '' && (
        <Secondary>{t('draft.latestChange', { name: whoOf(editor.latest) })}</Secondary>
      )}
      {editor.conflict && <ConflictAlert conflict={editor.conflict} />}
      <ErrorAlert error={editor.error} />
      <Form form={form} layout="vertical" initialValues={opened.spec ?? {}} disabled={!canAct}>
        {step === 'content' && (isRollback ? <RollbackContent /> : <Content rollout={rollout} />)}
        {step === 'waves' && <WavesForm isRollback={isRollback} />}
      </Form>
      {step === 'plan' && <PlanStep rollout={rollout} />}
      {step === 'plan' && canAct && <Start rollout={rollout} onStart={editor.start} isBusy={editor.isBusy} />}
      {step !== 'plan' && (
        <Space>
          <Button
            type="primary"
            loading={editor.isBusy}
            onClick={() => void go(step === 'content' ? 'waves' : 'plan')}
          >
            {t('draft.next')}
          </Button>
          {canAct && <Button onClick={() => void editor.save()}>{t('draft.save')}</Button>}
        </Space>
      )}
      {dialogs.open}
    </Page>
  );
}

function Content({ rollout: { id, targets } }: { rollout: Rollout }) {
  const list = <Link to={`/rollouts/${id}/targets`}>{t('draft.viewTargets')}</Link>;
  return (
    <Flex vertical gap="middle">
      <Card size="small" title={t('draft.basics')}>
        <div style={{ maxWidth: 640 }}>
          <Basics isNew={false} />
        </div>
      </Card>
      <Card size="small" title={t('draft.someTargets', { n: targets })} extra={list}>
        <MoreTargets />
      </Card>
      <Advanced />
    </Flex>
  );
}

function RollbackContent() {
  return (
    <Card size="small">
      <Field name="name" label="rollouts.name" required />
      <Field of="check" name="rollbackOptions.withdrawAudits" label="draft.withdrawAudits" />
      <Field of="check" name="rollbackOptions.keepReleased" label="rollouts.keepReleased" />
      <Field of="number" name="maxInFlight" label="rollouts.maxInFlight" max={2000} />
    </Card>
  );
}

/** The form was not saved because somebody else had changed the draft meanwhile. */
function ConflictAlert({ conflict: { change, saved } }: { conflict: Conflict }) {
  const description = Object.entries(saved).map(([field, value]) => (
    <div key={field}>
      <Typography.Text code>{field}</Typography.Text> {JSON.stringify(value)?.slice(0, 200)}
    </div>
  ));
  return (
    <Alert
      type="warning"
      showIcon
      title={t('draft.conflict', { name: whoOf(change) })}
      description={description}
    />
  );
}

interface StartProps {
  rollout: Rollout;
  onStart(reason: string): void;
  isBusy: boolean;
}

function Start({ rollout, onStart, isBusy }: StartProps) {
  const [reason, setReason] = useState('');
  const { data: plan, error, isFetching } = usePlan(rollout.id);
  const isBlocked = error !== null || isFetching || (plan?.findings.some(({ blocking }) => blocking) ?? true);
  const label = { placeholder: t('reason'), 'aria-label': t('reason') };
  return (
    <Space wrap>
      <Input
        {...label}
        maxLength={2000}
        onChange={({ target }) => setReason(target.value)}
        style={{ width: 320 }}
      />
      <Button type="primary" disabled={isBlocked} loading={isBusy} onClick={() => onStart(reason)}>
        {t('draft.start', { n: rollout.targets })}
      </Button>
    </Space>
  );
}

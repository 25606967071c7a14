import { Alert, Form, Modal, Input as TextInput } from 'antd';
import { useState } from 'react';
import { useCommand } from '../../api/query.js';
import { newRequestId } from '../../api/request-id.js';
import { StoppedApi } from '../../operations/stopped-api.js';
import { t } from '../../text/text.js';
import { Field } from '../../ui/form/field.js';
import type { MiniProgram } from '../types.js';
import { FIELDS } from './fields.js';
import type { Action } from './possible.js';
import { CALLS, type Call, type Input, requestOf } from './requests.js';

interface Props {
  action: Action;
  program: MiniProgram;
  /** How many changes are to run before. */
  queue: number;
  /** The id of an earlier submission whose input is filled in; empty: none. */
  like: string;
  onClose: () => void;
}

/** Code is uploaded and submitted with a description; others ask why the other changes were made. */
const DESCRIBED: readonly Action[] = ['commit', 'submitAudit'];

/** Says what an action will do, asks for what it needs, and requests it once, however often it is sent. */
export function ActionModal({ action, program, queue, like, onClose }: Props) {
  const [form] = Form.useForm<Input>();
  const [requestId] = useState(newRequestId);
  const { appid, name, live, audit, trial } = program;
  const { method, api, isDangerous = false }: Call = CALLS[action];
  const command = useCommand(method, {
    form,
    invalidates: ['Fleet/GetMiniProgram', 'Operations/ListOperations'],
    success: t('miniPrograms.accepted', { action: t(`miniPrograms.${action}`) }),
    onSuccess: onClose,
  });
  const Fields = FIELDS[action];
  return (
    <Modal
      open
      title={`${t(`miniPrograms.${action}`)} · ${name || appid}`}
      width={DESCRIBED.includes(action) ? 720 : 520}
      okText={t(`miniPrograms.${action}`)}
      okButtonProps={{ danger: isDangerous, loading: command.isPending }}
      onOk={form.submit}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        onFinish={(input) => command.mutate(requestOf(action, program, { requestId, ...input }))}
      >
        <p>
          {t(`miniPrograms.effect.${action}`, {
            name: name || appid,
            live: live?.userVersion ?? t('miniPrograms.isNotLive'),
            approved: audit?.userVersion ?? '',
            trial: trial?.userVersion ?? '',
          })}
        </p>
        <StoppedApi api={api} />
        {queue > 0 && <Alert type="info" showIcon title={t('miniPrograms.runsAfter', { n: queue })} />}
        {Fields && <Fields {...{ program, like }} />}
        {!DESCRIBED.includes(action) && (
          <Field name="reason" label="reason" max={2000}>
            <TextInput.TextArea rows={2} />
          </Field>
        )}
      </Form>
    </Modal>
  );
}

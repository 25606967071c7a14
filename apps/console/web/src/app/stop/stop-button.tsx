import { StopOutlined } from '@ant-design/icons';
import { Alert, Button, Form, Input, Modal, Radio, Select } from 'antd';
import { useState } from 'react';
import { useCommand } from '../../api/query.js';
import { useText } from '../../text/text.js';
import { useDuration } from '../../ui/time.js';
import { useSession } from '../session.js';

const HOURS = [1, 4, 12, 24, 72] as const;
const MAX_REASON = 2_000;

interface Values {
  scope: 'STOP_SCOPE_FORWARD_CHANGES' | 'STOP_SCOPE_ALL_CHANGES';
  hours: number;
  reason: string;
}

const DEFAULTS = { scope: 'STOP_SCOPE_FORWARD_CHANGES', hours: HOURS[1] } as const;

/** The emergency stop, on every page: two clicks and a reason. */
export function StopButton() {
  const t = useText();
  const duration = useDuration();
  const [isOpen, setIsOpen] = useState(false);
  const [form] = Form.useForm<Values>();
  const close = () => setIsOpen(false);
  const stop = useCommand('Platform/StopApis', {
    form,
    invalidates: ['Platform/GetPlatformStatus'],
    success: t('stop.done'),
    onSuccess: close,
  });
  if (!useSession().canAct) return null;
  const send = ({ scope, hours, reason }: Values) =>
    stop.mutate({ scope, reason, until: new Date(Date.now() + hours * 3_600_000).toISOString() });
  return (
    <>
      <Button danger icon={<StopOutlined />} aria-label={t('stop')} onClick={() => setIsOpen(true)}>
        <span className="wide-only">{t('stop')}</span>
      </Button>
      <Modal
        open={isOpen}
        title={t('stop')}
        okText={t('stop.confirm')}
        cancelText={t('cancel')}
        okButtonProps={{ danger: true, type: 'primary', htmlType: 'submit', loading: stop.isPending }}
        onCancel={close}
        destroyOnHidden
        modalRender={(dialog) => (
          <Form form={form} layout="vertical" initialValues={DEFAULTS} clearOnDestroy onFinish={send}>
            {dialog}
          </Form>
        )}
      >
        <Alert type="warning" showIcon title={t('stop.effect')} style={{ marginBottom: 16 }} />
        <Form.Item
          name="reason"
          label={t('reason')}
          rules={[{ required: true, whitespace: true, message: t('reason.required') }]}
        >
          <Input.TextArea autoFocus rows={2} maxLength={MAX_REASON} />
        </Form.Item>
        <Form.Item name="scope" label={t('stop.scope')}>
          <Radio.Group
            vertical
            options={[
              { value: 'STOP_SCOPE_FORWARD_CHANGES', label: t('stop.forward') },
              { value: 'STOP_SCOPE_ALL_CHANGES', label: t('stop.all') },
            ]}
          />
        </Form.Item>
        <Form.Item name="hours" label={t('stop.until')}>
          <Select options={HOURS.map((hours) => ({ value: hours, label: duration(hours * 3_600) }))} />
        </Form.Item>
      </Modal>
    </>
  );
}

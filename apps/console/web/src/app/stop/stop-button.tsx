import { StopOutlined } from '@ant-design/icons';
import { Alert, Form, Radio, Select } from 'antd';
import { call } from '../../api/call.js';
import { t } from '../../text/text.js';
import type { DialogValues } from '../../ui/form/dialog.js';
import { DialogButton } from '../../ui/form/dialog-button.js';
import { duration } from '../../ui/value.js';
import { canAct } from '../session.js';

const HOURS = [1, 4, 12, 24, 72] as const;

interface Values extends DialogValues {
  scope: 'STOP_SCOPE_FORWARD_CHANGES' | 'STOP_SCOPE_ALL_CHANGES';
  hours: number;
}
const DEFAULTS: Omit<Values, 'reason'> = { scope: 'STOP_SCOPE_FORWARD_CHANGES', hours: HOURS[1] };

/** The emergency stop, on every page: two clicks and a reason. */
export function StopButton() {
  if (!canAct) return null;
  return (
    <DialogButton
      danger
      isDangerous
      reason="required"
      icon={<StopOutlined />}
      label={t('stop')}
      verb={t('stop.confirm')}
      effect={<Alert type="warning" showIcon title={t('stop.effect')} />}
      initial={DEFAULTS}
      run={(values) => {
        const { scope, hours, reason } = values as Values;
        const until = new Date(Date.now() + hours * 3_600_000).toISOString();
        return call('Platform/StopApis', { scope, reason, until });
      }}
      invalidates={['Platform/GetPlatformStatus']}
      success={t('stop.done')}
    >
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
    </DialogButton>
  );
}

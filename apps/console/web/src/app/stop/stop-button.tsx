import { StopOutlined } from '@ant-design/icons';
import { Alert, Form, Radio, Select } from 'antd';
import { t } from '../../text/text.js';
import { ReasonButton } from '../../ui/form/reason-button.js';
import { duration } from '../../ui/value.js';
import { canAct } from '../session.js';

const HOURS = [1, 4, 12, 24, 72] as const;

interface Values {
  scope: 'STOP_SCOPE_FORWARD_CHANGES' | 'STOP_SCOPE_ALL_CHANGES';
  hours: number;
}
const DEFAULTS: Values = { scope: 'STOP_SCOPE_FORWARD_CHANGES', hours: HOURS[1] };

/** The emergency stop, on every page: two clicks and a reason. */
export function StopButton() {
  if (!canAct) return null;
  return (
    <ReasonButton
      danger
      isDangerous
      isReasonRequired
      icon={<StopOutlined />}
      label={t('stop')}
      verb={t('stop.confirm')}
      initial={DEFAULTS}
      method="Platform/StopApis"
      requestOf={(reason, values) => {
        const { scope, hours } = values as Values;
        return { scope, reason, until: new Date(Date.now() + hours * 3_600_000).toISOString() };
      }}
      invalidates={['Platform/GetPlatformStatus']}
      success={t('stop.done')}
    >
      <Alert type="warning" showIcon title={t('stop.effect')} style={{ marginBottom: 16 }} />
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
    </ReasonButton>
  );
}

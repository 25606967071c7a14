import { App, Form, Input } from 'antd';
import { useText } from '../text/text.js';
import { ReasonButton } from '../ui/form/reason-button.js';

/** Lets a worker renew the token of a mini-program, which ends the one that was disclosed. @param appid may be changed. */
export function RenewToken({ appid = '', isSmall = false }: { appid?: string; isSmall?: boolean }) {
  const t = useText();
  const { message } = App.useApp();
  return (
    <ReasonButton
      size={isSmall ? 'small' : 'middle'}
      label={t('adoption.renew')}
      isDangerous
      isReasonRequired
      initial={{ appid }}
      method="Authorizers/RenewToken"
      requestOf={(reason, values) => ({ ...values, reason })}
      invalidates={['Platform/ListTokenReaders']}
      onSuccess={({ renews }) => void message.success(t(renews ? 'adoption.renewing' : 'adoption.renewed'))}
    >
      <p>{t('adoption.renewEffect')}</p>
      <Form.Item
        name="appid"
        label={t('adoption.appid')}
        rules={[{ required: true, pattern: /^\s*wx[0-9a-f]{16}\s*$/, message: t('adoption.appidForm') }]}
      >
        <Input />
      </Form.Item>
    </ReasonButton>
  );
}

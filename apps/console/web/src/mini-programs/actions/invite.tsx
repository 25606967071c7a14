import { Button, Flex, Form, Modal, QRCode, Typography } from 'antd';
import { useState } from 'react';
import { useCommand } from '../../api/query.js';
import type { Request, Response } from '../../api/types.js';
import { canAct } from '../../app/session.js';
import { t } from '../../text/text.js';
import { Field } from '../../ui/form/field.js';
import { LabelSelect } from '../../ui/selects.js';
import { Time } from '../../ui/value.js';

/** Where the owner's browser went after the last invitation of this browser. */
const REDIRECT = 'invite.redirectUri';

interface Props {
  /** Of the only mini-program that may authorize with the link; by default any. */
  appid?: string;
}

/** Makes a link with which an owner authorizes the platform, for the first time or again. */
export function Invite({ appid = '' }: Props) {
  const [isOpen, setOpen] = useState(false);
  if (!canAct) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('miniPrograms.invite')}</Button>
      {isOpen && <InviteModal appid={appid} onClose={() => setOpen(false)} />}
    </>
  );
}

type Input = Pick<Request<'Authorizers/CreateAuthorizationLink'>, 'redirectUri' | 'labels'>;

function InviteModal({ appid, onClose }: Required<Props> & { onClose: () => void }) {
  const [form] = Form.useForm<Input>();
  const { mutate, data, isPending } = useCommand('Authorizers/CreateAuthorizationLink', { form });
  const make = ({ redirectUri = '', labels = [] }: Input) => {
    localStorage.setItem(REDIRECT, redirectUri);
    mutate({ redirectUri, labels, authorizerAppid: appid });
  };
  return (
    <Modal
      open
      title={t('miniPrograms.invite')}
      okText={t(data ? 'close' : 'miniPrograms.makeLink')}
      okButtonProps={{ loading: isPending }}
      onOk={data ? onClose : form.submit}
      onCancel={onClose}
    >
      <Form
        form={form}
        layout="vertical"
        hidden={data !== undefined}
        initialValues={{ redirectUri: localStorage.getItem(REDIRECT) ?? '' }}
        onFinish={make}
      >
        <p>{t('miniPrograms.inviteEffect')}</p>
        <Field
          name="redirectUri"
          label="miniPrograms.redirectUri"
          extra="miniPrograms.redirectHint"
          required
          max={1024}
        />
        <Field name="labels" label="miniPrograms.labels">
          <LabelSelect />
        </Field>
      </Form>
      {data && <Links link={data} />}
    </Modal>
  );
}

/** The link for phones as a QR code, and both to be sent. */
function Links({ link }: { link: Response<'Authorizers/CreateAuthorizationLink'> }) {
  const { mobileUrl, url, expireTime } = link;
  const copied = (text: string) => ({ text, tooltips: [t('copy'), t('copied')] });
  return (
    <Flex vertical align="center" gap="small">
      <QRCode
        value={mobileUrl}
        size={240}
        color="#000"
        bgColor="#fff"
        marginSize={2}
        aria-label={t('miniPrograms.scan')}
      />
      <Typography.Text>
        {t('miniPrograms.scan')} {t('miniPrograms.linkExpires')} <Time at={expireTime} />
      </Typography.Text>
      <Typography.Text copyable={copied(mobileUrl)}>{t('miniPrograms.mobileLink')}</Typography.Text>
      <Typography.Text copyable={copied(url)}>{t('miniPrograms.desktopLink')}</Typography.Text>
    </Flex>
  );
}

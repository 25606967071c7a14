import { Flex, Modal, QRCode, Typography } from 'antd';
import { useState } from 'react';
import { call } from '../../api/call.js';
import type { Response } from '../../api/types.js';
import { canAct } from '../../app/session.js';
import { t } from '../../text/text.js';
import type { DialogValues } from '../../ui/form/dialog.js';
import { DialogButton } from '../../ui/form/dialog-button.js';
import { Field } from '../../ui/form/field.js';
import { LabelSelect } from '../../ui/selects.js';
import { Time } from '../../ui/value.js';

/** Where the owner's browser went after the last invitation of this browser. */
const REDIRECT = 'invite.redirectUri';

type Link = Response<'Authorizers/CreateAuthorizationLink'>;

interface Input extends DialogValues {
  redirectUri: string;
  labels?: string[];
}

/** Makes a link with which an owner authorizes the platform, for the first time or again. @param appid of the only mini-program that may; by default any. */
export function Invite({ appid = '' }: { appid?: string }) {
  const [link, setLink] = useState<Link>();
  const make = async (values: DialogValues) => {
    const { redirectUri, labels = [] } = values as Input;
    localStorage.setItem(REDIRECT, redirectUri);
    const request = { redirectUri, labels, authorizerAppid: appid };
    setLink(await call('Authorizers/CreateAuthorizationLink', request));
  };
  if (!canAct) return null;
  return (
    <>
      <DialogButton
        label={t('miniPrograms.invite')}
        verb={t('miniPrograms.makeLink')}
        effect={t('miniPrograms.inviteEffect')}
        reason="none"
        initial={{ redirectUri: localStorage.getItem(REDIRECT) ?? '' }}
        run={make}
        success=""
      >
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
      </DialogButton>
      {link && (
        <Modal open title={t('miniPrograms.invite')} footer={null} onCancel={() => setLink(undefined)}>
          <Links link={link} />
        </Modal>
      )}
    </>
  );
}

/** The link for phones as a QR code, and both to be sent. */
function Links({ link: { mobileUrl, url, expireTime } }: { link: Link }) {
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

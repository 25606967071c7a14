import { Button } from 'antd';
import { useState } from 'react';
import { useCall } from '../api/query.js';
import { t } from '../text/text.js';
import { ErrorAlert } from './page.js';

/** The QR code that opens the trial version, once somebody asks for it: WeChat draws it. */
export function TrialCode({ appid }: { appid: string }) {
  const [enabled, setAsked] = useState(false);
  const code = useCall('CodeManagement/GetTrialQrCode', { appid }, { enabled });
  const { contentType = '', image = '' } = code.data ?? {};
  if (image)
    return <img width={160} alt={t('miniPrograms.trialCode')} src={`data:${contentType};base64,${image}`} />;
  return (
    <>
      <ErrorAlert error={code.error} retry={code.refetch} />
      <Button onClick={() => setAsked(true)} loading={code.isFetching} style={{ alignSelf: 'start' }}>
        {t('miniPrograms.trialCode')}
      </Button>
    </>
  );
}

import { Button, Flex } from 'antd';
import { useState } from 'react';
import { useCommand } from '../api/query.js';
import { newRequestId } from '../api/request-id.js';
import type { Response } from '../api/types.js';
import { useText } from '../text/text.js';
import { ReasonModal } from '../ui/form/reason-modal.js';

export type Audit = Response<'Audits/ListAudits'>['audits'][number];

/** Speeds up or withdraws an audit that is open. */
export function AuditActions({ audit: { appid, auditId, userVersion } }: { audit: Audit }) {
  const t = useText();
  const [asked, setAsked] = useState<'speedUp' | 'withdraw'>();
  // A confirmation that is sent twice acts once.
  const [requestId, setRequestId] = useState('');
  const ask = (what: 'speedUp' | 'withdraw') => {
    setRequestId(newRequestId());
    setAsked(what);
  };
  const options = {
    invalidates: ['Audits/ListAudits', 'Operations/ListOperations'] as const,
    success: t('audits.accepted'),
    onSuccess: () => setAsked(undefined),
  };
  const speedUp = useCommand('CodeManagement/SpeedUpAudit', options);
  const withdraw = useCommand('CodeManagement/UndoAudit', options);
  const confirm = (reason: string) => {
    if (asked === 'speedUp') speedUp.mutate({ appid, auditId, reason, requestId });
    else withdraw.mutate({ appid, expectedAuditId: auditId, reason, requestId });
  };
  return (
    <Flex gap="small">
      <Button size="small" onClick={() => ask('speedUp')}>
        {t('audits.speedUp')}
      </Button>
      <Button size="small" onClick={() => ask('withdraw')}>
        {t('audits.withdraw')}
      </Button>
      <ReasonModal
        isOpen={asked !== undefined}
        title={t(asked === 'speedUp' ? 'audits.speedUp' : 'audits.withdraw')}
        verb={t(asked === 'speedUp' ? 'audits.speedUp' : 'audits.withdraw')}
        isDangerous={asked === 'withdraw'}
        isPending={speedUp.isPending || withdraw.isPending}
        onConfirm={confirm}
        onCancel={() => setAsked(undefined)}
      >
        {t(asked === 'speedUp' ? 'audits.speedUpEffect' : 'audits.withdrawEffect', {
          appid,
          version: userVersion,
        })}
      </ReasonModal>
    </Flex>
  );
}

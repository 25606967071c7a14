import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Flex } from 'antd';
import { useState } from 'react';
import { call } from '../api/call.js';
import { newRequestId } from '../api/request-id.js';
import type { Response } from '../api/types.js';
import { useAttempt } from '../rollouts/parts/use-attempt.js';
import { useText } from '../text/text.js';
import { ErrorAlert } from '../ui/error-alert.js';
import { ReasonModal } from '../ui/form/reason-modal.js';

export type Audit = Response<'Audits/ListAudits'>['audits'][number];

const VERBS = ['speedUp', 'withdraw'] as const;
type Verb = (typeof VERBS)[number];

function act(verb: Verb, { appid, auditId }: Audit, more: { reason: string; requestId: string }) {
  return verb === 'speedUp'
    ? call('CodeManagement/SpeedUpAudit', { appid, auditId, ...more })
    : call('CodeManagement/UndoAudit', { appid, expectedAuditId: auditId, ...more });
}

/** Speeds up or withdraws audits that are open, one after the other. */
export function AuditActions({ audits, onDone }: { audits: readonly Audit[]; onDone?: () => void }) {
  const t = useText();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const { attempt, error, isBusy } = useAttempt();
  const [asked, setAsked] = useState<Verb>();
  // A confirmation that is sent twice acts once.
  const [requestId, setRequestId] = useState('');
  const ask = (verb: Verb) => {
    setRequestId(newRequestId());
    setAsked(verb);
  };
  const confirm = (verb: Verb) => async (reason: string) => {
    const isDone = await attempt(async () => {
      for (const audit of audits) await act(verb, audit, { reason, requestId });
    });
    for (const of of ['Audits/ListAudits', 'Operations/ListOperations'])
      void queries.invalidateQueries({ queryKey: [of] });
    if (!isDone) return;
    void message.success(t('audits.accepted'));
    setAsked(undefined);
    onDone?.();
  };
  return (
    <Flex gap="small">
      {VERBS.map((verb) => (
        <Button key={verb} size="small" onClick={() => ask(verb)}>
          {t(`audits.${verb}`)}
        </Button>
      ))}
      {VERBS.map((verb) => (
        <ReasonModal
          key={verb}
          isOpen={asked === verb}
          title={t(`audits.${verb}`)}
          verb={t(`audits.${verb}`)}
          isDangerous={verb === 'withdraw'}
          isPending={isBusy}
          onConfirm={confirm(verb)}
          onCancel={() => setAsked(undefined)}
        >
          <ErrorAlert error={error} />
          <Effect verb={verb} audits={audits} />
        </ReasonModal>
      ))}
    </Flex>
  );
}

/** What will happen: to one audit by its version, or to how many. */
function Effect({ verb, audits }: { verb: Verb; audits: readonly Audit[] }) {
  const t = useText();
  const n = audits.length;
  const { appid = '', userVersion: version = '' } = audits[0] ?? {};
  if (n === 1) return <p>{t(`audits.${verb}Effect`, { appid, version })}</p>;
  return (
    <p>{t(verb === 'speedUp' ? 'miniPrograms.batch.speedUp' : 'miniPrograms.batch.undoAudit', { n })}</p>
  );
}

import { Button, Flex } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { call } from '../api/call.js';
import type { Response } from '../api/types.js';
import { t } from '../text/text.js';
import { Dialog } from '../ui/form/dialog.js';
import type { Columns } from '../ui/table.js';
import { StateTag, Time } from '../ui/value.js';

export type Audit = Response<'Audits/ListAudits'>['audits'][number];

/** The columns that lists of audits have in common. */
export const AUDIT_COLUMNS: Columns<Audit> = {
  'audits.version': ({ appid, auditId, userVersion }) => (
    <Link to={`/audits/${appid}/${auditId}`}>{userVersion || auditId}</Link>
  ),
  'operations.state': ({ delayed, state }) => <StateTag of="audit" state={delayed ? 'DELAYED' : state} />,
  'audits.submitted': ({ submitTime }) => <Time at={submitTime} />,
};

const VERBS = ['speedUp', 'withdraw'] as const;
type Verb = (typeof VERBS)[number];

function act(verb: Verb, { appid, auditId }: Audit, more: { requestId: string; reason: string }) {
  return verb === 'speedUp'
    ? call('CodeManagement/SpeedUpAudit', { appid, auditId, ...more })
    : call('CodeManagement/UndoAudit', { appid, expectedAuditId: auditId, ...more });
}

/** Speeds up or withdraws audits that are open; nothing without any. */
export function AuditActions({ audits, onDone }: { audits: readonly Audit[]; onDone?: () => void }) {
  // Those that were withdrawn leave the list behind the dialog.
  const [asked, setAsked] = useState<{ verb: Verb; audits: readonly Audit[] }>();
  return (
    <Flex gap="small">
      {audits.length > 0 &&
        VERBS.map((verb) => (
          <Button key={verb} size="small" onClick={() => setAsked({ verb, audits })}>
            {t(`audits.${verb}`)}
          </Button>
        ))}
      {asked && (
        <Dialog<Audit>
          title={t(`audits.${asked.verb}`)}
          items={asked.audits}
          nameOf={({ appid, userVersion }) => `${appid} ${userVersion}`}
          isDangerous={asked.verb === 'withdraw'}
          effect={effectOf(asked)}
          run={(values, requestId, audit) => act(asked.verb, audit, { ...values, requestId })}
          onClose={(isDone) => {
            setAsked(undefined);
            if (isDone) onDone?.();
          }}
        />
      )}
    </Flex>
  );
}

/** What will happen: to one audit by its version, or to how many. */
function effectOf({ verb, audits }: { verb: Verb; audits: readonly Audit[] }): string {
  const n = audits.length;
  const { appid = '', userVersion: version = '' } = audits[0] ?? {};
  if (n === 1) return t(`audits.${verb}Effect`, { appid, version });
  return t(verb === 'speedUp' ? 'miniPrograms.batch.speedUp' : 'miniPrograms.batch.undoAudit', { n });
}

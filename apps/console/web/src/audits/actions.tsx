import { Button, Flex } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { call } from '../api/call.js';
import type { Response } from '../api/types.js';
import { CALLS, requestOf } from '../mini-programs/actions/requests.js';
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

const VERBS = ['speedUp', 'undoAudit'] as const;
type Verb = (typeof VERBS)[number];

interface Props {
  audits: readonly Audit[];
  /** After a change. @param failed those that were not changed. */
  onDone?: (failed: readonly Audit[]) => void;
}

/** Speeds up or withdraws audits that are open; nothing without any. */
export function AuditActions({ audits, onDone }: Props) {
  // Those that were withdrawn leave the list behind the dialog.
  const [asked, setAsked] = useState<{ verb: Verb; audits: readonly Audit[] }>();
  return (
    <Flex gap="small">
      {audits.length > 0 &&
        VERBS.map((verb) => (
          <Button key={verb} size="small" onClick={() => setAsked({ verb, audits })}>
            {t(`miniPrograms.${verb}`)}
          </Button>
        ))}
      {asked && (
        <Dialog<Audit>
          title={t(`miniPrograms.${asked.verb}`)}
          items={asked.audits}
          nameOf={({ appid, userVersion }) => `${appid} ${userVersion}`}
          isDangerous={asked.verb === 'undoAudit'}
          effect={effectOf(asked)}
          run={(values, requestId, audit) => change(asked.verb, audit, { ...values, requestId })}
          onClose={(_, failed) => {
            setAsked(undefined);
            if (failed) onDone?.(failed);
          }}
        />
      )}
    </Flex>
  );
}

function change(verb: Verb, audit: Audit, given: { requestId: string; reason: string }) {
  const { appid } = audit;
  return call(CALLS[verb].method, requestOf(verb, { appid, audit }, { appid, ...given }));
}

/** What will happen: to one audit by its version, or to how many. */
function effectOf({ verb, audits }: { verb: Verb; audits: readonly Audit[] }): string {
  const [{ appid: name = '', userVersion: approved = '' } = {}, ...others] = audits;
  return others.length === 0
    ? t(`miniPrograms.effect.${verb}`, { name, approved })
    : t(`miniPrograms.batch.${verb}`, { n: audits.length });
}

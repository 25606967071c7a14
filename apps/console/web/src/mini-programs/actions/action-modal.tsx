import { Alert } from 'antd';
import { useState } from 'react';
import { call } from '../../api/call.js';
import type { Request } from '../../api/types.js';
import { StoppedApi } from '../../operations/stopped-api.js';
import { t } from '../../text/text.js';
import { Dialog } from '../../ui/form/dialog.js';
import type { MiniProgram } from '../types.js';
import { FIELDS } from './fields.js';
import type { Action } from './possible.js';
import { CALLS, type Call, requestOf } from './requests.js';

interface Props {
  action: Action;
  program: MiniProgram;
  /** How many changes are to run before. */
  queue: number;
  /** The id of an earlier submission whose input is filled in; empty: none. */
  like: string;
  onClose: () => void;
}

/** Code is uploaded and submitted with a description; others ask why the other changes were made. */
const DESCRIBED: readonly Action[] = ['commit', 'submitAudit'];

/** Named for what they change. */
const SETTINGS: readonly Action[] = ['visitStatus', 'supportVersion'];

/** Says what an action will do, asks for what it needs, and requests it once, however often it is sent. */
export function ActionModal({ action, program: now, queue, like, onClose }: Props) {
  // What the person saw: it may change while the form is filled in.
  const [program] = useState(now);
  const { appid, name, live, audit, trial } = program;
  const { method, api, isDangerous }: Call = CALLS[action];
  const verb = t(`miniPrograms.${action}`);
  const Fields = FIELDS[action];
  const effect = (
    <>
      <p>
        {t(`miniPrograms.effect.${action}`, {
          name: name || appid,
          live: live?.userVersion ?? t('miniPrograms.isNotLive'),
          approved: audit?.userVersion ?? '',
          trial: trial?.userVersion ?? '',
        })}
      </p>
      <StoppedApi api={api} />
      {queue > 0 && <Alert type="info" showIcon title={t('miniPrograms.runsAfter', { n: queue })} />}
    </>
  );
  return (
    <Dialog
      title={`${verb} · ${name || appid}`}
      verb={SETTINGS.includes(action) ? t('miniPrograms.change') : verb}
      effect={effect}
      isDangerous={isDangerous}
      {...(DESCRIBED.includes(action) && { reason: 'none', width: 720 })}
      run={(values, requestId) =>
        call(method, requestOf(action, program, { ...values, requestId }) as Request<typeof method>)
      }
      success={t('miniPrograms.accepted', { action: verb })}
      onClose={onClose}
    >
      {Fields && <Fields {...{ program, like }} />}
    </Dialog>
  );
}

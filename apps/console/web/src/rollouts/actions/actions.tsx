import { CaretRightOutlined, DownOutlined, PauseOutlined } from '@ant-design/icons';
import { App, Button, Dropdown } from 'antd';
import { useNavigate } from 'react-router';
import type { ApiError } from '../../api/call.js';
import { useErrorText } from '../../api/error-text.js';
import { useText } from '../../text/text.js';
import { possibleWith } from '../core/possible.js';
import { type Rollout, short } from '../types.js';
import type { Dialogs } from './dialogs.js';

/** What can be done with a rollout as a whole: what is urgent or likely as a button, all others in a menu. */
export function Actions({ rollout, dialogs }: { rollout: Rollout; dialogs: Dialogs }) {
  const t = useText();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const possible = possibleWith(rollout);
  // Somebody who paused it has looked at it; after a stop rule, a dialog says what a resume means.
  const isRequested = short(rollout.pauseCause) === 'REQUESTED';
  const errorText = useErrorText();
  const at = (act: () => Promise<unknown>) => () =>
    act().catch((error: ApiError) => message.error(errorText(error)));
  const copy = (query: string) => () => navigate(`/rollouts/new?from=${rollout.id}${query}`);
  const items = [
    { key: 'copy', label: t('rollouts.copy'), onClick: copy('') },
    { key: 'overFailed', label: t('rollouts.overFailed'), onClick: copy('&state=FAILED') },
    { key: 'close', label: `${t('rollouts.close')}…`, onClick: dialogs.close },
    { key: 'cancel', label: `${t('rollouts.cancel')}…`, onClick: dialogs.cancel, danger: true },
  ].filter(({ key }) => possible[key as keyof typeof possible]);
  return (
    <>
      {possible.pause && (
        <Button icon={<PauseOutlined />} onClick={at(dialogs.pause)}>
          {t('rollouts.pauseNow')}
        </Button>
      )}
      {possible.resume && (
        <Button
          type="primary"
          icon={<CaretRightOutlined />}
          onClick={isRequested ? at(dialogs.resumeNow) : dialogs.resume}
        >
          {`${t('rollouts.resume')}${isRequested ? '' : '…'}`}
        </Button>
      )}
      {possible.rollBack && (
        <Button danger onClick={dialogs.rollBack}>
          {t('rollouts.rollBack')}…
        </Button>
      )}
      {items.length > 0 && (
        <Dropdown menu={{ items }} trigger={['click']}>
          <Button icon={<DownOutlined />} iconPlacement="end">
            {t('rollouts.moreActions')}
          </Button>
        </Dropdown>
      )}
    </>
  );
}

import { CaretRightOutlined, DownOutlined, PauseOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
import { useNavigate } from 'react-router';
import { call } from '../../api/call.js';
import { useAction } from '../../api/query.js';
import { t } from '../../text/text.js';
import { possibleWith } from '../core/possible.js';
import { type Rollout, short } from '../types.js';
import type { Dialogs } from './dialogs.js';
import { questionsOf } from './questions.js';

/** What can be done with a rollout as a whole: what is urgent or likely as a button, all others in a menu. */
export function Actions({ rollout, dialogs: { ask } }: { rollout: Rollout; dialogs: Dialogs }) {
  const navigate = useNavigate();
  const { id } = rollout;
  const possible = possibleWith(rollout);
  const questions = questionsOf(rollout);
  // Somebody who paused it has looked at it; after a stop rule, a dialog says what a resume means.
  const isRequested = short(rollout.pauseCause) === 'REQUESTED';
  const pause = useAction(() => call('Rollouts/PauseRollout', { id }));
  const resume = useAction(() => call('Rollouts/ResumeRollout', { id }));
  // One takes the place of the other: a slow double click would do both.
  const isPending = pause.isPending || resume.isPending;
  const copy = (query: string) => () => navigate(`/rollouts/new?from=${id}${query}`);
  const items = [
    { key: 'copy', label: t('rollouts.copy'), onClick: copy('') },
    { key: 'overFailed', label: t('rollouts.overFailed'), onClick: copy('&state=FAILED') },
    { key: 'close', label: `${t('rollouts.close')}…`, onClick: () => ask(questions.close()) },
    {
      ...{ key: 'cancel', label: `${t('rollouts.cancel')}…`, danger: true },
      onClick: () => ask(questions.cancel()),
    },
  ].filter(({ key }) => possible[key as keyof typeof possible]);
  return (
    <>
      {possible.pause && (
        <Button icon={<PauseOutlined />} loading={isPending} onClick={() => pause.mutate()}>
          {t('rollouts.pauseNow')}
        </Button>
      )}
      {possible.resume && (
        <Button
          type="primary"
          icon={<CaretRightOutlined />}
          loading={isPending}
          onClick={() => (isRequested ? resume.mutate() : ask(questions.resume()))}
        >
          {`${t('rollouts.resume')}${isRequested ? '' : '…'}`}
        </Button>
      )}
      {possible.rollBack && (
        <Button danger onClick={() => ask(questions.rollBack())}>
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

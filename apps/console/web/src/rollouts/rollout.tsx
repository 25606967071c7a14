import { lazy, Suspense } from 'react';
import { useParams } from 'react-router';
import { t } from '../text/text.js';
import { Unread } from '../ui/page.js';
import { short } from './types.js';
import { useRollout } from './use-rollout.js';

const Draft = lazy(() => import('./draft/draft.js'));
const Progress = lazy(() => import('./progress/progress.js'));

/** One rollout: a draft as its form, all others as their progress. Either is loaded when it is known which it is. */
export function Component() {
  const { id = '' } = useParams();
  const view = useRollout(id);
  const { rollout, error } = view;
  const unread = <Unread title={t('rollouts.title')} error={error} retry={view.refetch} />;
  if (rollout === undefined) return unread;
  return (
    <Suspense fallback={unread}>
      {short(rollout.state) === 'DRAFT' ? (
        <Draft rollout={rollout} onChange={view.refetch} />
      ) : (
        <Progress view={{ ...view, rollout }} />
      )}
    </Suspense>
  );
}

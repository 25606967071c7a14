import { Alert, Flex } from 'antd';
import { Link } from 'react-router';
import type { Response } from '../api/types.js';
import { runChange } from '../operations/run-change.js';
import { t } from '../text/text.js';
import { Dialog } from '../ui/form/dialog.js';
import { OF_LIBRARY, type Usage } from './usage.js';

interface Given {
  template: Response<'Templates/ListTemplates'>['templates'][number];
  usage: Usage;
  /** Whether the rollouts could be read. */
  isKnown: boolean;
  onClose: () => void;
}

/** Deletes a template; refuses while a rollout has mini-programs to commit with it. */
export function DeleteTemplate({ template: { templateId, userVersion }, usage, isKnown, onClose }: Given) {
  const needing = usage.rollouts.filter(({ isNeeding }) => isNeeding);
  const isNeeded = needing.length > 0;
  const effect = (
    <Flex vertical gap="small">
      <span>{t('templates.deleteEffect')}</span>
      {usage.live > 0 && <span>{t('templates.deleteLive', { n: usage.live })}</span>}
      {usage.rollouts.length > 0 && (
        <Alert
          type={isNeeded ? 'error' : 'warning'}
          showIcon
          title={t(isNeeded ? 'templates.needed' : 'templates.usedByDrafts')}
          description={(isNeeded ? needing : usage.rollouts).map(({ id, name }) => (
            <div key={id}>
              <Link to={`/rollouts/${id}`}>{name}</Link>
            </div>
          ))}
        />
      )}
    </Flex>
  );
  return (
    <Dialog<string>
      title={t('templates.deleteTitle', { id: templateId, version: userVersion })}
      verb={t('templates.deleteVerb')}
      effect={effect}
      isDangerous
      reason="none"
      items={isNeeded || !isKnown ? [] : [templateId]}
      run={(_, requestId) => runChange('Templates/DeleteTemplate', { templateId, requestId })}
      success={t('templates.deleted', { id: templateId })}
      invalidates={OF_LIBRARY}
      onClose={onClose}
    />
  );
}

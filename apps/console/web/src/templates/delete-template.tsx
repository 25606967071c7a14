import { Alert, Flex, Modal } from 'antd';
import { Link } from 'react-router';
import type { Response } from '../api/types.js';
import { t } from '../text/text.js';
import type { Usage } from './usage.js';
import { useTemplateChange } from './use-template-change.js';

type Template = Response<'Templates/ListTemplates'>['templates'][number];

interface Given {
  template: Template;
  usage: Usage;
  /** Whether the rollouts could be read. */
  isKnown: boolean;
  onClose: () => void;
}

/** Deletes a template; refuses while a rollout has mini-programs to commit with it. */
export function DeleteTemplate({ template: { templateId, userVersion }, usage, isKnown, onClose }: Given) {
  const deletion = useTemplateChange('Templates/DeleteTemplate', t('templates.deleted', { id: templateId }));
  const needing = usage.rollouts.filter(({ isNeeding }) => isNeeding);
  const isNeeded = needing.length > 0;
  return (
    <Modal
      open
      title={t('templates.deleteTitle', { id: templateId, version: userVersion })}
      okText={t('templates.deleteVerb')}
      okButtonProps={{ danger: true, disabled: isNeeded || !isKnown, loading: deletion.isPending }}
      onOk={() => deletion.mutate({ templateId }, { onSuccess: onClose })}
      onCancel={onClose}
    >
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
    </Modal>
  );
}

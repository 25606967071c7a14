import { Button, Flex, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { call } from '../../api/call.js';
import { withEdits } from '../../api/edits.js';
import { useAction } from '../../api/query.js';
import { canAct } from '../../app/session.js';
import { t } from '../../text/text.js';
import { LabelSelect } from '../../ui/selects.js';
import type { MiniProgram } from '../types.js';

/** The labels of a mini-program, which lead to the others that have them, and their editing in place. */
export function Labels({ program: { appid, labels } }: { program: MiniProgram }) {
  const [before, setBefore] = useState<readonly string[]>([]);
  const [edited, setEdited] = useState<string[]>();
  const save = async (edited: string[]) => {
    // All are replaced, also those that it got since it was read.
    const { labels: now } = await call('Fleet/GetMiniProgram', { appid });
    return call('Authorizers/SetAuthorizerLabels', { appid, labels: withEdits(now, before, edited) });
  };
  const { mutate, isPending } = useAction(save, {
    success: t('miniPrograms.labelsSaved'),
    onSuccess: () => setEdited(undefined),
  });
  const edit = () => {
    setBefore(labels);
    setEdited([...labels]);
  };
  if (edited !== undefined)
    return (
      <Flex gap="small" wrap>
        <LabelSelect value={edited} onChange={setEdited} />
        <Button type="primary" loading={isPending} onClick={() => mutate(edited)}>
          {t('save')}
        </Button>
        <Button onClick={() => setEdited(undefined)}>{t('cancel')}</Button>
      </Flex>
    );
  return (
    <Flex gap={4} align="center" wrap>
      {labels.map((label) => (
        <Link key={label} to={`/mini-programs?label=${encodeURIComponent(label)}`}>
          <Tag>{label}</Tag>
        </Link>
      ))}
      {canAct && (
        <Button type="link" size="small" onClick={edit}>
          {t('miniPrograms.editLabels')}
        </Button>
      )}
    </Flex>
  );
}

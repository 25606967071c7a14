import { Button, Flex, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { useSession } from '../app/session.js';
import { useText } from '../text/text.js';
import { useColumn } from '../ui/list/column.js';
import { WideTable } from '../ui/list/wide-table.js';
import { useCommonColumns } from './columns.js';
import { DeleteTemplate } from './delete-template.js';
import { type Usage, usageOf } from './usage.js';
import { useLibrary } from './use-library.js';

type Template = Response<'Templates/ListTemplates'>['templates'][number];

const UNENDED = (['DRAFT', 'RUNNING', 'PAUSED', 'CANCELLING'] as const).map(
  (state) => `ROLLOUT_STATE_${state}` as const,
);

/** The templates, newest first, with what uses each. WeChat's list has no pages. */
export function TemplatesTable() {
  const t = useText();
  const { data, error } = useLibrary().templates;
  const [deleting, setDeleting] = useState<Template>();
  const rollouts = useCall('Rollouts/ListRollouts', { states: UNENDED, pageSize: 500 });
  const uses = (template: Template) => usageOf(template, rollouts.data?.rollouts ?? []);
  const columns = useColumns(uses, setDeleting);
  return (
    <>
      <WideTable
        label={t('templates.list')}
        rowKey="templateId"
        tableLayout="fixed"
        minWidth={920}
        error={error}
        columns={columns}
        rows={data?.templates.toSorted((one, other) => Number(other.templateId) - Number(one.templateId))}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        locale={{ emptyText: t('templates.none') }}
      />
      {deleting && (
        <DeleteTemplate
          template={deleting}
          usage={uses(deleting)}
          isKnown={rollouts.data !== undefined}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </>
  );
}

function useColumns(uses: (template: Template) => Usage, onDelete: (template: Template) => void) {
  const t = useText();
  const { canAct } = useSession();
  const column = useColumn<Template>();
  const actions = (template: Template) =>
    canAct && (
      <Flex gap="small" justify="end">
        <Link to={`/rollouts/new?template=${template.templateId}`}>
          <Button size="small">{t('templates.newRollout')}</Button>
        </Link>
        <Button size="small" danger type="text" onClick={() => onDelete(template)}>
          {t('templates.delete')}
        </Button>
      </Flex>
    );
  return [
    { title: 'ID', dataIndex: 'templateId', width: 60 },
    ...useCommonColumns<Template>(),
    column('templates.usedBy', (template) => <UsedBy id={template.templateId} {...uses(template)} />, {
      width: 180,
    }),
    column('templates.actions', actions, { width: 190, align: 'right' }),
  ];
}

/** The live rollouts and the mini-programs that use a template, as links to them. */
function UsedBy({ id, rollouts, live }: Usage & { id: string }) {
  const t = useText();
  const [first, ...others] = rollouts;
  return (
    <Flex vertical>
      {first && (
        <span>
          <Link to={`/rollouts/${first.id}`}>{first.name}</Link>
          {others.length > 0 && <Tag>{t('templates.moreRollouts', { n: others.length })}</Tag>}
        </span>
      )}
      {live > 0 && <Link to={`/mini-programs?template=${id}`}>{t('templates.live', { n: live })}</Link>}
      {first === undefined && live === 0 && '–'}
    </Flex>
  );
}

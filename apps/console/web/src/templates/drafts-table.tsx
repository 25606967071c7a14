import { Button, type TableColumnsType, Tag } from 'antd';
import type { Response } from '../api/types.js';
import { useSession } from '../app/session.js';
import { useText } from '../text/text.js';
import type { ReadError } from '../ui/error-alert.js';
import { WideTable } from '../ui/list/wide-table.js';
import { useCommonColumns } from './columns.js';
import { useTemplateChange } from './use-template-change.js';

type Draft = Response<'Templates/ListDrafts'>['drafts'][number];
type Template = Response<'Templates/ListTemplates'>['templates'][number];

interface Given extends ReadError {
  drafts: readonly Draft[] | undefined;
  templates: readonly Template[];
}

/** The drafts that developers uploaded, about the newest 50; those that are templates already say of which. */
export function DraftsTable({ drafts, templates, error }: Given) {
  const t = useText();
  const { canAct } = useSession();
  const templateOf = (draftId: string) => templates.find((template) => template.draftId === draftId);
  const common = useCommonColumns<Draft>();
  const columns: TableColumnsType<Draft> = [
    { title: 'ID', dataIndex: 'draftId', width: 60 },
    ...common,
    { title: t('templates.developer'), dataIndex: 'developer', width: 180 },
    {
      title: t('templates.actions'),
      width: 190,
      align: 'right',
      render: (_, { draftId }) => {
        const template = templateOf(draftId);
        if (template) return <Tag>{t('templates.isTemplate', { id: template.templateId })}</Tag>;
        return canAct && <Add draftId={draftId} />;
      },
    },
  ];
  return (
    <WideTable
      label={t('templates.drafts')}
      rowKey="draftId"
      tableLayout="fixed"
      minWidth={920}
      error={error}
      columns={columns}
      rows={drafts}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      locale={{ emptyText: t('templates.noDrafts') }}
    />
  );
}

function Add({ draftId }: { draftId: string }) {
  const t = useText();
  const addition = useTemplateChange('Templates/AddTemplate', t('templates.added', { draft: draftId }));
  return (
    <Button
      size="small"
      loading={addition.isRunning}
      onClick={() => addition.run({ draftId }).catch(() => undefined)}
    >
      {t(addition.isRunning ? 'templates.adding' : 'templates.add')}
    </Button>
  );
}

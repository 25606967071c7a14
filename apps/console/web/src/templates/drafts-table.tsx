import { Button, Tag } from 'antd';
import type { Response } from '../api/types.js';
import { useSession } from '../app/session.js';
import { useText } from '../text/text.js';
import { useColumn } from '../ui/list/column.js';
import { WideTable } from '../ui/list/wide-table.js';
import { useCommonColumns } from './columns.js';
import { useLibrary } from './use-library.js';
import { useTemplateChange } from './use-template-change.js';

type Draft = Response<'Templates/ListDrafts'>['drafts'][number];

/** The drafts that developers uploaded, about the newest 50; those that are templates already say of which. */
export function DraftsTable() {
  const t = useText();
  const { canAct } = useSession();
  const { templates, drafts } = useLibrary();
  const column = useColumn<Draft>();
  const actions = ({ draftId }: Draft) => {
    const template = templates.data?.templates.find((one) => one.draftId === draftId);
    if (template) return <Tag>{t('templates.isTemplate', { id: template.templateId })}</Tag>;
    return canAct && <Add draftId={draftId} />;
  };
  const columns = [
    { title: 'ID', dataIndex: 'draftId', width: 60 },
    ...useCommonColumns<Draft>(),
    column('templates.developer', ({ developer }) => developer, { width: 180 }),
    column('templates.actions', actions, { width: 190, align: 'right' }),
  ];
  return (
    <WideTable
      label={t('templates.drafts')}
      rowKey="draftId"
      tableLayout="fixed"
      minWidth={920}
      error={drafts.error}
      columns={columns}
      rows={drafts.data?.drafts}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
      locale={{ emptyText: t('templates.noDrafts') }}
    />
  );
}

function Add({ draftId }: { draftId: string }) {
  const t = useText();
  const addition = useTemplateChange('Templates/AddTemplate', t('templates.added', { draft: draftId }));
  return (
    <Button size="small" loading={addition.isPending} onClick={() => addition.mutate({ draftId })}>
      {t(addition.isPending ? 'templates.adding' : 'templates.add')}
    </Button>
  );
}

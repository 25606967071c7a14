import { ReloadOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Flex, Tag } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ApiError } from '../api/call.js';
import { useAction, useCall } from '../api/query.js';
import type { Response } from '../api/types.js';
import { canAct } from '../app/session.js';
import { runChange } from '../operations/run-change.js';
import { LIVE_STATES } from '../rollouts/types.js';
import { t } from '../text/text.js';
import { LinkButton } from '../ui/link-button.js';
import { Page } from '../ui/page.js';
import { type Columns, WideTable } from '../ui/table.js';
import { Secondary, Time } from '../ui/value.js';
import { DeleteTemplate } from './delete-template.js';
import { OF_LIBRARY, type Usage, usageOf } from './usage.js';

type Template = Response<'Templates/ListTemplates'>['templates'][number];
type Draft = Response<'Templates/ListDrafts'>['drafts'][number];

/** Each read asks WeChat. */
const ASKED = { staleTime: 60_000 };
const UNENDED = ['ROLLOUT_STATE_DRAFT' as const, ...LIVE_STATES];
/** WeChat's lists have no pages. The columns of both tables are as wide, so that they stand one below the other. */
const TABLE = {
  tableLayout: 'fixed',
  minWidth: 920,
  pagination: { pageSize: 20, hideOnSinglePage: true },
} as const;
const RIGHT = { width: 190, align: 'right' } as const;

/** The platform's template library, and the drafts that templates are made of. */
export function Component() {
  const library = useCall('Templates/ListTemplates', {}, ASKED);
  const drafts = useCall('Templates/ListDrafts', {}, ASKED);
  const isAsking = library.isFetching || drafts.isFetching;
  const ask = () => Promise.all([library.refetch(), drafts.refetch()]);
  const templates = library.data?.templates.toSorted((a, b) => Number(b.templateId) - Number(a.templateId));
  return (
    <Page
      title={t('templates.title')}
      mark={
        library.dataUpdatedAt > 0 && (
          <Secondary>
            {t('templates.asOf')} <Time at={new Date(library.dataUpdatedAt).toISOString()} />
          </Secondary>
        )
      }
      actions={
        <Button icon={<ReloadOutlined />} loading={isAsking} onClick={ask}>
          {t('templates.ask')}
        </Button>
      }
    >
      {isAsking && !templates && <Alert type="info" showIcon title={t('templates.slow')} />}
      <Card title={t('templates.list')}>
        <Library templates={templates} error={library.error} />
      </Card>
      <Card title={t('templates.drafts')}>
        <WideTable
          {...TABLE}
          label={t('templates.drafts')}
          rowKey="draftId"
          error={drafts.error}
          rows={drafts.data?.drafts}
          locale={{ emptyText: t('templates.noDrafts') }}
          columns={{
            'templates.id': { cell: ({ draftId }) => draftId, width: 60 },
            ...COLUMNS,
            'templates.developer': { cell: ({ developer }) => developer, width: 180 },
            'templates.actions': { cell: (one) => <Add draft={one} templates={templates} />, ...RIGHT },
          }}
        />
      </Card>
    </Page>
  );
}

/** The templates, newest first, with what uses each. */
function Library({ templates, error }: { templates: Template[] | undefined; error: ApiError | null }) {
  const rollouts = useCall('Rollouts/ListRollouts', { states: UNENDED, pageSize: 500 });
  const [deleting, setDeleting] = useState<Template>();
  const usesOf = (template: Template) => usageOf(template, rollouts.data?.rollouts ?? []);
  return (
    <>
      <WideTable
        {...TABLE}
        label={t('templates.list')}
        rowKey="templateId"
        error={error}
        rows={templates}
        locale={{ emptyText: t('templates.none') }}
        columns={{
          'templates.id': { cell: ({ templateId }) => templateId, width: 60 },
          ...COLUMNS,
          'templates.usedBy': {
            cell: (one) => <UsedBy id={one.templateId} {...usesOf(one)} />,
            width: 180,
          },
          'templates.actions': { cell: (one) => <Actions template={one} onDelete={setDeleting} />, ...RIGHT },
        }}
      />
      {deleting && (
        <DeleteTemplate
          template={deleting}
          usage={usesOf(deleting)}
          isKnown={rollouts.data !== undefined}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </>
  );
}

/** Those that both tables have. */
const COLUMNS = {
  'templates.version': { cell: ({ userVersion }) => userVersion, width: 100 },
  'templates.description': { cell: ({ userDesc }) => userDesc, ellipsis: true },
  'templates.created': { cell: ({ createTime }) => <Time at={createTime} />, width: 130 },
  'templates.source': {
    cell: ({ sourceName, sourceAppid }) => sourceName || sourceAppid,
    ...{ width: 120, ellipsis: true },
  },
} satisfies Columns<Pick<Draft, keyof Template & keyof Draft>>;

/** The live rollouts and the mini-programs that use a template, as links to them. */
function UsedBy({ id, rollouts, live }: Usage & { id: string }) {
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

function Actions({ template, onDelete }: { template: Template; onDelete: (template: Template) => void }) {
  if (!canAct) return null;
  return (
    <Flex gap="small" justify="end">
      <LinkButton size="small" to={`/rollouts/new?template=${template.templateId}`}>
        {t('templates.newRollout')}
      </LinkButton>
      <Button size="small" danger type="text" onClick={() => onDelete(template)}>
        {t('templates.delete')}
      </Button>
    </Flex>
  );
}

/** Makes a template of a draft, or says which one it is. */
function Add({ draft: { draftId }, templates }: { draft: Draft; templates: Template[] | undefined }) {
  const template = templates?.find((one) => one.draftId === draftId);
  const addition = useAction((_, requestId) => runChange('Templates/AddTemplate', { draftId, requestId }), {
    success: t('templates.added', { draft: draftId }),
    invalidates: OF_LIBRARY,
  });
  if (template) return <Tag>{t('templates.isTemplate', { id: template.templateId })}</Tag>;
  if (!canAct) return null;
  return (
    <Button size="small" loading={addition.isPending} onClick={() => addition.mutate()}>
      {t(addition.isPending ? 'templates.adding' : 'templates.add')}
    </Button>
  );
}

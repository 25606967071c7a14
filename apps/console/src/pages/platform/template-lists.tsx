import { randomUUID } from 'node:crypto';
import type { ListDraftsResponse, ListTemplatesResponse, Template, TemplateDraft } from '@wxa/contracts';
import { type Answer } from '../../gateway/failure.js';
import { newestFirst } from '../../gateway/templates.js';
import { Form } from '../../ui/form.js';
import { NoAnswer } from '../../ui/from-wechat.js';
import { type Column, List, PAGE_SIZE, Table } from '../../ui/list.js';
import { Time } from '../../ui/time.js';
import { canAct, type Visit } from '../../visit/visit.js';

/** The templates of the library, newest first, with what can be done with them. WeChat's list has no pages. */
export function Templates({ visit, answer }: { visit: Visit; answer: Answer<ListTemplatesResponse> }) {
  const { t, url } = visit;
  if (answer.failure) return <NoAnswer visit={visit} failure={answer.failure} />;
  const templates = newestFirst(answer.value.templates);
  const from = Number(url.searchParams.get('page')) || 0;
  const next = from + PAGE_SIZE < templates.length ? `${from + PAGE_SIZE}` : '';
  const columns: Column<Template>[] = [
    { title: 'ID', kind: 'number', cell: ({ templateId }) => `${templateId}` },
    ...columnsOf(visit),
    { title: t('source'), cell: ({ sourceName, sourceAppid }) => sourceName || sourceAppid },
    {
      title: '',
      cell: ({ templateId }) =>
        canAct(visit) && (
          <div class="actions">
            <a href={`/rollouts/new?template=${templateId}`}>{t('newRollout')}</a>
            <a href={`/templates/delete?template=${templateId}`}>{t('delete')}…</a>
          </div>
        ),
    },
  ];
  const rows = templates.slice(from, from + PAGE_SIZE);
  return <List visit={visit} columns={columns} rows={rows} empty={t('noTemplates')} next={next} />;
}

/** The drafts that developers uploaded, about the newest 50. */
export function Drafts({ visit, answer }: { visit: Visit; answer: Answer<ListDraftsResponse> }) {
  const { t } = visit;
  if (answer.failure) return <NoAnswer visit={visit} failure={answer.failure} />;
  const columns: Column<TemplateDraft>[] = [
    { title: 'ID', kind: 'number', cell: ({ draftId }) => `${draftId}` },
    ...columnsOf(visit),
    { title: t('developer'), cell: ({ developer }) => developer },
    {
      title: '',
      cell: ({ draftId }) =>
        canAct(visit) && (
          <Form visit={visit} action="/templates" class="actions">
            <input type="hidden" name="draft_id" value={`${draftId}`} />
            <input type="hidden" name="request_id" value={randomUUID()} />
            <button type="submit">{t('addTemplate')}</button>
          </Form>
        ),
    },
  ];
  return <Table columns={columns} rows={answer.value.drafts} empty={t('noDrafts')} />;
}

/** What both lists say. */
function columnsOf(visit: Visit): Column<Template | TemplateDraft>[] {
  const { t } = visit;
  return [
    { title: t('version'), cell: ({ userVersion }) => userVersion },
    { title: t('description'), kind: 'wrap', cell: ({ userDesc }) => userDesc },
    { title: t('createdAt'), cell: ({ createTime }) => <Time visit={visit} at={createTime} /> },
  ];
}

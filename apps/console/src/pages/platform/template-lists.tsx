import { randomUUID } from 'node:crypto';
import type { ListDraftsResponse, ListTemplatesResponse, Template, TemplateDraft } from '@wxa/contracts';
import { type Answer } from '../../gateway/failure.js';
import { Form } from '../../ui/form.js';
import { NoAnswer } from '../../ui/from-wechat.js';
import { Empty, List, PAGE_SIZE, Table } from '../../ui/list.js';
import { Time } from '../../ui/time.js';
import { canAct, type Visit } from '../../visit/visit.js';

/** The templates of the library, newest first, with what can be done with them. WeChat's list has no pages. */
export function Templates({ visit, answer }: { visit: Visit; answer: Answer<ListTemplatesResponse> }) {
  const { t, url } = visit;
  if (answer.failure) return <NoAnswer visit={visit} failure={answer.failure} />;
  const templates = answer.value.templates.toSorted((one, other) =>
    Number(other.templateId - one.templateId),
  );
  const from = Number(url.searchParams.get('page')) || 0;
  const next = from + PAGE_SIZE < templates.length ? `${from + PAGE_SIZE}` : '';
  const columns = [{ number: 'ID' }, t('version'), t('description'), t('createdAt'), t('source'), ''];
  return (
    <List visit={visit} columns={columns} empty={t('noTemplates')} next={next}>
      {templates.slice(from, from + PAGE_SIZE).map((template) => (
        <TemplateRow visit={visit} template={template} />
      ))}
    </List>
  );
}

function TemplateRow({ visit, template }: { visit: Visit; template: Template }) {
  const { t } = visit;
  const { templateId, userVersion, userDesc, createTime, sourceName, sourceAppid } = template;
  return (
    <tr>
      <td class="number">{`${templateId}`}</td>
      <td>{userVersion}</td>
      <td class="wrap">{userDesc}</td>
      <td>
        <Time visit={visit} at={createTime} />
      </td>
      <td>{sourceName || sourceAppid}</td>
      <td>
        {canAct(visit) && (
          <div class="actions">
            <a href={`/rollouts/new?template=${templateId}`}>{t('startRollout')}</a>
            <a href={`/templates/delete?template=${templateId}`}>{t('delete')}…</a>
          </div>
        )}
      </td>
    </tr>
  );
}

/** The drafts that developers uploaded, about the newest 50. */
export function Drafts({ visit, answer }: { visit: Visit; answer: Answer<ListDraftsResponse> }) {
  const { t } = visit;
  if (answer.failure) return <NoAnswer visit={visit} failure={answer.failure} />;
  const { drafts } = answer.value;
  if (drafts.length === 0) return <Empty>{t('noDrafts')}</Empty>;
  const columns = [{ number: 'ID' }, t('version'), t('description'), t('createdAt'), t('developer'), ''];
  return (
    <Table columns={columns}>
      {drafts.map((draft) => (
        <DraftRow visit={visit} draft={draft} />
      ))}
    </Table>
  );
}

function DraftRow({ visit, draft }: { visit: Visit; draft: TemplateDraft }) {
  const { draftId, userVersion, userDesc, createTime, developer } = draft;
  return (
    <tr>
      <td class="number">{`${draftId}`}</td>
      <td>{userVersion}</td>
      <td class="wrap">{userDesc}</td>
      <td>
        <Time visit={visit} at={createTime} />
      </td>
      <td>{developer}</td>
      <td>
        {canAct(visit) && (
          <Form visit={visit} action="/templates/add" class="actions">
            <input type="hidden" name="draft_id" value={`${draftId}`} />
            <input type="hidden" name="request_id" value={randomUUID()} />
            <button type="submit">{visit.t('addTemplate')}</button>
          </Form>
        )}
      </td>
    </tr>
  );
}

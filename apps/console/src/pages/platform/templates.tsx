import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { answerOf, type Failure, formAnswerOf } from '../../gateway/failure.js';
import { confirmPage } from '../../ui/confirm.js';
import { ErrorBox, idOf } from '../../ui/form.js';
import { asksWechat, FromWechat } from '../../ui/from-wechat.js';
import { RecentOperations } from '../../ui/recent-operations.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { Drafts, Templates } from './template-lists.js';

const SHOWN_CHANGES = 5;

interface Fields {
  template_id?: string;
  draft_id?: string;
  request_id?: string;
}

/** The platform's template library, and the drafts that templates are made of. */
@Controller('templates')
export class TemplatesPage {
  @Get()
  show(@CurrentVisit() visit: Visit): Promise<PageView> {
    return templatesPage(visit);
  }

  @Post()
  async add(@CurrentVisit() visit: Visit, @Body() fields: Fields): Promise<View> {
    const request = { requestId: fields.request_id, draftId: idOf(fields.draft_id) };
    const { failure } = await formAnswerOf(visit.gateway.templates.addTemplate(request));
    return failure ? templatesPage(visit, failure) : new SeeOther('/templates');
  }

  @Get('delete')
  confirm(@CurrentVisit() visit: Visit, @Query('template') template = ''): View {
    return deletePage(visit, template, randomUUID());
  }

  @Post('delete')
  async delete(@CurrentVisit() visit: Visit, @Body() fields: Fields): Promise<View> {
    const { template_id: template = '', request_id: requestId = '' } = fields;
    const request = { requestId, templateId: idOf(template) };
    const { failure } = await formAnswerOf(visit.gateway.templates.deleteTemplate(request));
    return failure ? deletePage(visit, template, requestId, failure) : new SeeOther('/templates');
  }
}

async function templatesPage(visit: Visit, failure?: Failure): Promise<PageView> {
  const { t, gateway } = visit;
  const [lists, ...changes] = await Promise.all([
    asksWechat(visit) ? fromWechat(visit) : null,
    ...['AddTemplate', 'DeleteTemplate'].map((method) =>
      gateway.operations.listOperations({ method, pageSize: SHOWN_CHANGES }),
    ),
  ]);
  const operations = changes.flatMap((page) => page.operations);
  operations.sort((one, other) => other.id.localeCompare(one.id));
  return {
    title: t('templates'),
    failure,
    body: (
      <>
        <ErrorBox visit={visit} failure={failure} />
        <FromWechat visit={visit}>{lists}</FromWechat>
        {operations.length > 0 && (
          <section>
            <h2>{t('latestChanges')}</h2>
            <RecentOperations visit={visit} operations={operations} />
          </section>
        )}
      </>
    ),
  };
}

async function fromWechat(visit: Visit) {
  const { t, gateway } = visit;
  const [templates, drafts] = await Promise.all([
    answerOf(gateway.templates.listTemplates({})),
    answerOf(gateway.templates.listDrafts({})),
  ]);
  return (
    <>
      <Templates visit={visit} answer={templates} />
      <h2>{t('draftsOfDevelopers')}</h2>
      <Drafts visit={visit} answer={drafts} />
    </>
  );
}

function deletePage(visit: Visit, template: string, requestId: string, failure?: Failure): PageView {
  const { t } = visit;
  return confirmPage(visit, {
    title: t('deleteTemplateTitle', { template }),
    above: [{ href: '/templates', title: t('templates') }],
    effect: t('deleteTemplateEffect', { template }),
    verb: t('deleteTemplate'),
    failure,
    fields: (
      <>
        <input type="hidden" name="template_id" value={template} />
        <input type="hidden" name="request_id" value={requestId} />
      </>
    ),
  });
}

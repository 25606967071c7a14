import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { type Failure, formFailure, HTTP_STATUS } from '../../gateway/failure.js';
import { ErrorBox, Field, Form } from '../../ui/form.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, type Visit } from '../../visit/visit.js';
import { aboveOf, pathOf } from './paths.js';

/** Replaces the labels of a mini-program. */
@Controller('miniprograms/:appid/labels')
export class LabelsPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('appid') appid: string): Promise<PageView> {
    const { labels } = await visit.gateway.authorizers.getAuthorizer({ appid });
    return labelsPage(visit, appid, labels.join('\n'));
  }

  @Post()
  async save(
    @CurrentVisit() visit: Visit,
    @Param('appid') appid: string,
    @Body() { labels = '' }: { labels?: string },
  ): Promise<View> {
    try {
      await visit.gateway.authorizers.setAuthorizerLabels({ appid, labels: labelsOf(labels) });
      return new SeeOther(pathOf(appid));
    } catch (error) {
      return labelsPage(visit, appid, labels, formFailure(error));
    }
  }
}

/** The labels in a text: one per line, or separated by commas. */
export function labelsOf(text: string): string[] {
  const labels = text.split(/[\n,，]/).map((label) => label.trim());
  return labels.filter((label) => label !== '');
}

function labelsPage(visit: Visit, appid: string, labels: string, failure?: Failure): PageView {
  const { t } = visit;
  return {
    title: t('labels'),
    above: aboveOf(visit, appid),
    ...(failure && { status: HTTP_STATUS[failure.code] ?? 400 }),
    body: (
      <Form visit={visit} action={`${pathOf(appid)}/labels`} class="narrow">
        <ErrorBox visit={visit} failure={failure} />
        <Field label={t('onePerLine')}>
          <textarea name="labels" rows={6} value={labels} />
        </Field>
        <div class="actions">
          <a href={pathOf(appid)}>{t('back')}</a>
          <button type="submit">{t('save')}</button>
        </div>
      </Form>
    ),
  };
}

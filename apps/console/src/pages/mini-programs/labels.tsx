import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
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
    const request = { appid, labels: labelsOf(labels) };
    const { failure } = await formAnswerOf(visit.gateway.authorizers.setAuthorizerLabels(request));
    return failure ? labelsPage(visit, appid, labels, failure) : new SeeOther(pathOf(appid));
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
    failure,
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

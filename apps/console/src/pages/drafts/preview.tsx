import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import {
  type Rollout,
  RolloutAudit_OnOpenAudit,
  type RolloutFinding,
  type RolloutPlan,
} from '@wxa/contracts';
import { type Failure, formAnswerOf, hintIn } from '../../gateway/failure.js';
import { TEXTS, type TextKey } from '../../text/text.js';
import { confirmPage, wrongName } from '../../ui/confirm.js';
import { Field, Form } from '../../ui/form.js';
import { AppId } from '../../ui/links.js';
import { type Column, Table } from '../../ui/list.js';
import { nameOf } from '../../ui/state.js';
import { Age, duration } from '../../ui/time.js';
import { SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit } from '../../visit/visit.js';
import { RequestTexts } from '../targets/request-text.js';
import { aboveDraft, type Draft, draftPage, foreignChange, type Notice, pathOf, readDraft } from './draft.js';

interface Fields {
  seq?: string;
  reason?: string;
  typed_name?: string;
}

/** Step 4 of a draft: what it would do. From here it is started or discarded. */
@Controller('rollouts/:id/draft')
export class PreviewPage {
  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    return previewPage(visit, await readDraft(visit, id), {});
  }

  @Post()
  async start(@CurrentVisit() visit: Visit, @Param('id') id: string, @Body() fields: Fields): Promise<View> {
    const draft = await readDraft(visit, id);
    const conflict = foreignChange(visit, draft, fields.seq);
    if (conflict !== undefined) return previewPage(visit, draft, fields, { conflict });
    const { failure } = await formAnswerOf(
      visit.gateway.rollouts.startRollout({ id, reason: fields.reason }),
    );
    return failure ? previewPage(visit, draft, fields, { failure }) : new SeeOther(`/rollouts/${id}`);
  }

  @Get('discard')
  async confirmDiscard(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    return discardPage(visit, await readDraft(visit, id), {});
  }

  @Post('discard')
  async discard(
    @CurrentVisit() visit: Visit,
    @Param('id') id: string,
    @Body() fields: Fields,
  ): Promise<View> {
    const draft = await readDraft(visit, id);
    const failure = wrongName(visit, draft.rollout.spec?.name, fields.typed_name);
    if (failure !== undefined) return discardPage(visit, draft, fields, failure);
    await visit.gateway.rollouts.cancelRollout({ id });
    return new SeeOther('/rollouts');
  }
}

function discardPage(visit: Visit, { rollout }: Draft, fields: Fields, failure?: Failure): View {
  const { spec, targets } = rollout;
  return confirmPage(visit, {
    title: visit.t('draft.discard'),
    above: aboveDraft(visit, rollout),
    effect: visit.t('draft.discardEffect', { n: targets }),
    typedName: spec?.name ?? '',
    typed: fields.typed_name,
    failure,
  });
}

async function previewPage(visit: Visit, draft: Draft, fields: Fields, notice: Notice = {}): Promise<View> {
  const { t } = visit;
  const { rollout, changes } = draft;
  const { id } = rollout;
  const plan = await visit.gateway.rollouts.getRolloutPlan({ id });
  const isBlocked = plan.findings.some(({ blocking }) => blocking);
  const body = (
    <>
      <Numbers visit={visit} rollout={rollout} plan={plan} />
      <Findings visit={visit} rollout={rollout} plan={plan} />
      <Samples visit={visit} plan={plan} />
      <Form visit={visit} action={`/rollouts/${id}/draft`} class="narrow">
        <input type="hidden" name="seq" value={String(changes[0]?.seq ?? 0)} />
        {canAct(visit) && (
          <Field label={t('draft.startReason')}>
            <input name="reason" value={fields.reason} maxlength={2000} />
          </Field>
        )}
        {isBlocked && <p role="alert">{t('draft.blocked')}</p>}
        <div class="actions">
          <a href={pathOf(id, 'waves')}>{t('back')}</a>
          <a href="/rollouts">{t('draft.save')}</a>
          {canAct(visit) && !isBlocked && (
            <button type="submit">{t('draft.start', { n: rollout.targets })}</button>
          )}
        </div>
      </Form>
    </>
  );
  const actions = canAct(visit) && <a href={`/rollouts/${id}/draft/discard`}>{t('draft.discard')}…</a>;
  return draftPage(visit, draft, 'preview', { notice, body, actions });
}

function Numbers({ visit, rollout, plan }: { visit: Visit; rollout: Rollout; plan: RolloutPlan }) {
  const { t } = visit;
  const { spec, targets } = rollout;
  const waves = plan.waveTargets.map((n, i) => t('draft.waveOf', { wave: i + 1, n })).join(' · ');
  const time = duration(visit, Number(plan.leastTime?.seconds ?? 0));
  const { quota, time: readAt } = plan.quota ?? {};
  return (
    <>
      <p>
        {t('templateVersion', {
          template: String(spec?.templateId ?? ''),
          version: spec?.userVersion ?? '',
        })}
      </p>
      <p>
        {t('draft.numberOfTargets', { n: targets })} {waves && `· ${waves}`}
      </p>
      <p>
        {t('draft.calls', { n: Number(plan.calls), time, audits: plan.submissions })}
        <br />
        {quota === undefined ? (
          t('draft.quotaUnknown')
        ) : (
          <>
            {t('draft.quota', { n: quota.rest })} (<Age visit={visit} since={readAt} />
            {t('ago')})
          </>
        )}
      </p>
    </>
  );
}

function Findings({ visit, rollout, plan }: { visit: Visit; rollout: Rollout; plan: RolloutPlan }) {
  const { t } = visit;
  if (plan.findings.length === 0) return <p class="good">{t('draft.noFindings')}</p>;
  const columns: Column<RolloutFinding>[] = [
    {
      title: t('draft.finding'),
      cell: ({ blocking, reason }) => (
        <>
          <span class={blocking ? 'bad' : 'doubt'}>{blocking ? '✗' : '!'}</span> {findingName(visit, reason)}{' '}
          <code>{reason}</code>
        </>
      ),
    },
    {
      title: t('draft.affected'),
      kind: 'number',
      cell: ({ targets: n }) => n > 0 && t('count', { n }),
    },
    { title: t('appid'), cell: (finding) => <Affected finding={finding} /> },
    {
      title: t('draft.consequence'),
      kind: 'wrap',
      cell: (finding) => (
        <>
          {consequenceOf(visit, rollout, finding)}{' '}
          {finding.reason === 'CHANGE_IN_DOUBT' && <a href="/doubts">{t('resolveDoubts')}</a>}
        </>
      ),
    },
  ];
  return <Table columns={columns} rows={plan.findings} />;
}

/** The first mini-programs that a finding is about. */
function Affected({ finding: { sampleAppids, targets } }: { finding: RolloutFinding }) {
  return (
    <>
      {sampleAppids.slice(0, 3).map((appid) => (
        <>
          <AppId appid={appid} />{' '}
        </>
      ))}
      {targets > 3 && '…'}
    </>
  );
}

function findingName({ t }: Visit, reason: string): string {
  const key = `finding.${reason}`;
  return key in TEXTS ? t(key as TextKey) : '';
}

/** What will happen to the targets of a finding, or what to do. */
function consequenceOf(visit: Visit, { spec }: Rollout, { reason, hint }: RolloutFinding): string {
  if (reason === 'OPEN_AUDIT') {
    const { ON_OPEN_AUDIT_FAIL: FAIL, ON_OPEN_AUDIT_UNSPECIFIED: UNSET } = RolloutAudit_OnOpenAudit;
    const choice = spec?.audit?.onOpenAudit ?? UNSET;
    return nameOf(visit, 'openAudit', choice === UNSET ? FAIL : choice);
  }
  return hintIn(hint, visit.language);
}

/** Characters of each request that are shown; the page of a mini-program shows all. */
const MAX_REQUEST = 2_000;

function Samples({ visit, plan }: { visit: Visit; plan: RolloutPlan }) {
  if (plan.samples.length === 0) return null;
  return (
    <>
      <h2>{visit.t('draft.samples')}</h2>
      {plan.samples.map((target) => (
        <section>
          <AppId appid={target.appid} /> {target.wave > 0 && visit.t('wave', { n: target.wave })}
          <RequestTexts target={target} limit={MAX_REQUEST} />
        </section>
      ))}
    </>
  );
}

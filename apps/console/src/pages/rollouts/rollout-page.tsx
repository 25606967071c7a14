import { Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { RolloutState as State } from '@wxa/contracts';
import type { Response } from 'express';
import { type Failure, formAnswerOf } from '../../gateway/failure.js';
import { Gateway } from '../../gateway/gateway.js';
import { Live } from '../../live/live.js';
import { type RolloutView, readRollout, watchRollout } from '../../live/rollout-watch.js';
import type { TextKey } from '../../text/text.js';
import { ErrorBox, Form } from '../../ui/form.js';
import { aboveRollout } from '../../ui/links.js';
import { PAGE_SIZE, Pager } from '../../ui/list.js';
import { staleBanner } from '../../ui/live.js';
import { type PageView, SeeOther, type View } from '../../visit/view.js';
import { CurrentVisit, canAct, type Visit, type VisitRequest } from '../../visit/visit.js';
import { FRAGMENTS, PAUSE_FORM, renderFragments } from '../progress/fragments.js';
import { Journal } from '../progress/journal.js';

const ENDED = [State.ROLLOUT_STATE_COMPLETED, State.ROLLOUT_STATE_CANCELLED];
const SECTIONS: readonly (readonly [fragment: string, title: TextKey])[] = [
  ['failures', 'failuresTitle'],
  ['feed', 'feedTitle'],
  ['changes', 'changesTitle'],
];

/** One rollout: its progress, live, and what can be done about it. */
@Controller('rollouts/:id')
export class RolloutPage {
  constructor(
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(Live) private readonly live: Live,
  ) {}

  @Get()
  async show(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<PageView> {
    return page(visit, await readRollout(this.gateway, visit.session?.name, id));
  }

  @Get('live')
  watch(@Param('id') id: string, @Req() request: VisitRequest, @Res() response: Response): void {
    const watch = watchRollout(this.gateway, id);
    this.live.serve(
      `rollout ${id}`,
      () => ({ watch, render: renderFragments, renderStale: staleBanner }),
      request,
      response,
    );
  }

  @Get('changes')
  async changes(
    @CurrentVisit() visit: Visit,
    @Param('id') id: string,
    @Query('page') pageToken = '',
  ): Promise<PageView> {
    const { rollouts } = visit.gateway;
    const [rollout, { changes, nextPageToken }] = await Promise.all([
      rollouts.getRollout({ id }),
      rollouts.listRolloutChanges({ id, pageSize: PAGE_SIZE, pageToken }),
    ]);
    return {
      title: visit.t('changesTitle'),
      above: aboveRollout(visit, rollout),
      body: (
        <>
          <Journal look={visit} changes={changes} />
          <Pager visit={visit} next={nextPageToken} />
        </>
      ),
    };
  }

  /** The page has one form only. */
  @Post()
  async pause(@CurrentVisit() visit: Visit, @Param('id') id: string): Promise<View> {
    const { failure } = await formAnswerOf(visit.gateway.rollouts.pauseRollout({ id }));
    return failure
      ? page(visit, await readRollout(this.gateway, visit.session?.name, id), failure)
      : new SeeOther(`/rollouts/${id}`);
  }
}

function page(visit: Visit, view: RolloutView, failure?: Failure): PageView {
  const { rollout } = view;
  const { id, state } = rollout;
  const isLive = !ENDED.includes(state);
  return {
    title: rollout.spec?.name ?? id,
    above: aboveRollout(visit),
    failure,
    ...(isLive && { live: `/rollouts/${id}/live` }),
    actions: <Fragment visit={visit} view={view} name="actions" />,
    body: (
      <>
        <ErrorBox visit={visit} failure={failure} />
        {canAct(visit) && <Form visit={visit} action={`/rollouts/${id}`} id={PAUSE_FORM} />}
        <Fragment visit={visit} view={view} name="bar" />
        <Fragment visit={visit} view={view} name="holds" />
        <Fragment visit={visit} view={view} name="waves" />
        <p>
          <a href={`/rollouts/${id}/targets`}>{visit.t('allTargets')}</a>
        </p>
        <div class="sections">
          {SECTIONS.map(([name, title]) => (
            <section>
              <h2>{visit.t(title)}</h2>
              <Fragment visit={visit} view={view} name={name} />
            </section>
          ))}
        </div>
      </>
    ),
  };
}

function Fragment({ visit, view, name }: { visit: Visit; view: RolloutView; name: string }) {
  const Content = FRAGMENTS[name] ?? (() => null);
  return (
    <div sse-swap={name} class={name === 'actions' ? 'actions' : undefined}>
      <Content look={visit} view={view} />
    </div>
  );
}

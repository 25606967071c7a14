import { Alert, Card, Collapse, Flex, Skeleton, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { useCall } from '../../api/query.js';
import { auditQuotaOf } from '../../platform/quota.js';
import { hintIn } from '../../text/hint.js';
import { language, nameOf, t } from '../../text/text.js';
import { Details } from '../../ui/details.js';
import { ErrorAlert } from '../../ui/page.js';
import { duration } from '../../ui/value.js';
import { unitsOf } from '../core/durations.js';
import { estimate } from '../core/estimate.js';
import { grayShare } from '../core/segments.js';
import { counted, TargetName } from '../parts/names.js';
import { Requests } from '../parts/requests.js';
import { Waves } from '../parts/waves.js';
import { type Finding, type Plan, type Rollout, short } from '../types.js';

/** Characters of each request that are shown; the page of a target shows all. */
const MAX_REQUEST = 2_000;
const SAMPLE = 500;

interface Props {
  rollout: Rollout;
  plan: Plan;
}

/** The plan of a draft. It is not kept: that of the draft before an edit would be shown, and started, as that of this one. */
export function usePlan(id: string) {
  // A click that comes back to the window starts it: a read that begins then must not disable the button under it.
  return useCall('Rollouts/GetRolloutPlan', { id }, { gcTime: 0, refetchOnWindowFocus: false });
}

/** The plan of a draft as it is now, or why it cannot be read. */
export function PlanStep({ rollout }: { rollout: Rollout }) {
  const plan = usePlan(rollout.id);
  if (plan.error) return <ErrorAlert error={plan.error} retry={plan.refetch} />;
  return plan.data ? <Summary rollout={rollout} plan={plan.data} /> : <Skeleton active title={false} />;
}

/** What a draft will do: to whom, in which waves, until when it stops by itself, how long it takes, and what stands against it. */
function Summary({ rollout, plan }: Props) {
  const planned = plan.waveTargets.map((targets, i) => ({ wave: i + 1, targets, counts: [] }));
  const samples = plan.samples.map((target) => (
    <section key={target.appid}>
      <TargetName id={rollout.id} appid={target.appid} />
      <Requests target={target} limit={MAX_REQUEST} />
    </section>
  ));
  return (
    <Flex vertical gap="middle">
      {plan.findings.length === 0 && <Alert type="success" showIcon title={t('draft.noFindings')} />}
      {plan.findings.map((finding) => (
        <FindingAlert key={`${finding.reason} ${finding.item}`} rollout={rollout} finding={finding} />
      ))}
      <Card size="small" title={t('draft.willDo')}>
        <PlanFacts rollout={rollout} plan={plan} />
      </Card>
      <Waves rollout={{ ...rollout, waves: planned } as Rollout} />
      {samples.length > 0 && (
        <Collapse items={[{ key: 'samples', label: t('draft.samples'), children: samples }]} />
      )}
    </Flex>
  );
}

function PlanFacts({ rollout, plan }: Props) {
  const { spec, rollbackOf } = rollout;
  const version = { template: spec?.templateId ?? '', version: spec?.userVersion ?? '' };
  const rules = (spec?.stopRules ?? []).map(({ cause, percent, minEnded, count }) =>
    [
      nameOf('stopRule', cause),
      percent > 0 && t('draft.rulePercent', { percent, n: minEnded || 20 }),
      ...counted({ 'draft.ruleCount': count }),
    ]
      .filter(Boolean)
      .join(' '),
  );
  const budget = spec?.auditBudget;
  const limits = counted({
    'draft.inFlight': spec?.maxInFlight || 200,
    'draft.atMostAudits': budget?.maxSubmissions,
    'rollouts.reserve': budget?.reserve,
    'draft.openAudits': budget?.maxOpenAudits,
    'draft.speedUps': budget?.maxSpeedUps,
  });
  const newcomers = spec?.continuous && [
    spec.continuous.labels?.labels.join(' + ') ?? t('draft.allNewcomers'),
    ...counted({ 'draft.aDay': spec.continuous.maxSubmissionsPerDay }),
    ...(spec.continuous.onlyUnreleased ? [t('draft.onlyUnreleased')] : []),
  ];
  const share = grayShare(spec);
  const { data: status } = useCall('Platform/GetPlatformStatus', {});
  const left = auditQuotaOf({ apis: status?.apis ?? [], auditQuota: plan.quota })?.quota?.rest;
  const audits = { n: plan.submissions, left: left ?? 0 };
  const rows = {
    'rollouts.version': t(rollbackOf ? 'rollouts.takesBack' : 'rollouts.templateVersion', version),
    'draft.who': <Who rollout={rollout} />,
    'draft.newcomers': newcomers?.join(' · '),
    'draft.auditsNeeded': t(left === undefined ? 'draft.auditsUnknown' : 'draft.auditsOf', audits),
    'draft.release': share ? t('draft.grayFirst', { share }) : t('draft.toAll'),
    'draft.stopRules': rules.join(' · ') || t('draft.defaultRule'),
    'draft.limits': limits.join(' · '),
    'draft.duration': <Duration rollout={rollout} plan={plan} />,
  };
  return <Details rows={rows} />;
}

/** The targets by their present version and by label; of the first 500. */
function Who({ rollout: { id, targets } }: { rollout: Rollout }) {
  const list = useCall('Fleet/ListMiniPrograms', { rolloutId: id, pageSize: SAMPLE });
  const rows = list.data?.miniPrograms ?? [];
  const tags = [
    ['draft.presently', rows.map(({ live }) => live?.userVersion ?? t('draft.noVersion'))],
    ['draft.labelled', rows.flatMap(({ labels }) => labels)],
  ] as const;
  return (
    <Flex vertical gap={4}>
      <Link to={`/rollouts/${id}/targets`}>{t('draft.someTargets', { n: targets })}</Link>
      {tags.map(
        ([key, values]) =>
          values.length > 0 && (
            <Flex key={key} wrap gap={4}>
              {t(key)}
              {mostFrequent(values).map(([value, n]) => (
                <Tag key={value} style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
                  {`${value} × ${n}`}
                </Tag>
              ))}
            </Flex>
          ),
      )}
      {targets > SAMPLE && t('draft.ofFirst', { n: SAMPLE })}
    </Flex>
  );
}

const MOST = 8;

function mostFrequent(values: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a).slice(0, MOST);
}

/** How long the plan takes by the audits of the last 30 days, as far as that is known. */
function Duration({ rollout, plan }: Props) {
  const { data: audits } = useCall('Audits/GetAuditSummary', {});
  const auditS = unitsOf(audits?.medianTime, 1);
  const { seconds, manualGates } = estimate(rollout, auditS ?? 0, unitsOf(plan.leastTime, 1) ?? 0);
  const words = [
    t(auditS === undefined ? 'draft.takesWithoutAudits' : 'draft.takes', { time: duration(seconds) }),
    ...(auditS === undefined ? [] : [t('draft.auditTakes', { time: duration(auditS) })]),
    ...(manualGates > 0 ? [t('draft.plusGates', { n: manualGates })] : []),
  ];
  return words.join(' · ');
}

/** What stands against the plan; the start is refused while a blocking one remains. */
function FindingAlert({ rollout, finding }: { rollout: Rollout; finding: Finding }) {
  const { blocking, reason, item, targets, hint, sampleAppids } = finding;
  const onOpenAudit = short(rollout.spec?.audit?.onOpenAudit) || 'FAIL';
  return (
    <Alert
      type={blocking ? 'error' : 'warning'}
      showIcon
      title={
        <>
          {t(blocking ? 'draft.blocking' : 'draft.warning')} · {nameOf('finding', reason)}{' '}
          {short(item) !== '' && nameOf('readiness', item)} <Typography.Text code>{reason}</Typography.Text>
          {targets > 0 && ` ${t('draft.someTargets', { n: targets })}`}
        </>
      }
      description={
        <>
          {reason === 'OPEN_AUDIT' ? nameOf('openAudit', onOpenAudit) : hintIn(hint, language)}{' '}
          {reason === 'CHANGE_IN_DOUBT' && <Link to="/doubts">{t('rollouts.resolve')}</Link>}
          {sampleAppids.slice(0, 3).map((appid) => (
            <div key={appid}>
              <TargetName id={rollout.id} appid={appid} />
            </div>
          ))}
        </>
      }
    />
  );
}

import { Card, Collapse, Flex } from 'antd';
import { nameOf, t } from '../../text/text.js';
import { Field, Rows } from '../../ui/form/field.js';
import { DurationField, OneOf, TimeField } from './fields.js';

/** Waves and gates, how approved versions go live, when the rollout pauses by itself, and how much it may use. */
export function WavesForm({ isRollback }: { isRollback: boolean }) {
  return (
    <Flex vertical gap="middle">
      <Card size="small" title={t('rollouts.waves')}>
        <Rows name="waves" add="draft.addWave" initial={{ count: 10 }} hasLast>
          {(i) => <Wave i={i} />}
        </Rows>
      </Card>
      {!isRollback && <Release />}
      <Collapse
        items={[
          { key: 'rules', label: t('draft.stopRules'), children: <StopRules />, forceRender: true },
          { key: 'limits', label: t('draft.limits'), children: <Limits />, forceRender: true },
        ]}
      />
    </Flex>
  );
}

function Wave({ i }: { i: number }) {
  const count = <Field of="number" name={[i, 'count']} label="draft.size.count" />;
  const percent = <Field of="number" name={[i, 'percent']} label="draft.size.percent" max={100} />;
  const label = <Field name={[i, 'label']} label="draft.size.label" />;
  return (
    <Card size="small" type="inner" title={t('rollouts.wave', { n: i + 1 })} style={{ flex: 1 }}>
      <Flex wrap gap="0 16px" align="end">
        <OneOf
          path={['waves', i]}
          label="draft.size"
          cases={{
            count: ['draft.size.count', 10, count],
            percent: ['draft.size.percent', 10, percent],
            label: ['draft.size.label', '', label],
            rest: ['draft.size.rest', true],
          }}
        />
        <Field of="check" name={[i, 'speedUp']} label="draft.speedUp" />
      </Flex>
      <Gate path={[i, 'submitGate']} of="SUBMIT" isFirst={i === 0} />
      <Gate path={[i, 'releaseGate']} of="RELEASE" isFirst={i === 0} />
    </Card>
  );
}

/** A gate as one line: by hand, a share of the wave before, a pause after it, a time. */
function Gate({ path, of, isFirst }: { path: (string | number)[]; of: string; isFirst: boolean }) {
  const title = nameOf('gate', of);
  return (
    <Flex wrap gap="0 12px" align="center" role="group" aria-label={title}>
      <span style={{ width: 90, marginBottom: 8 }}>{title}</span>
      <Field of="check" name={[...path, 'manual']} label="rollouts.gate.byHand" />
      {!isFirst && (
        <>
          <Field
            of="number"
            name={[...path, 'afterPercent']}
            label="draft.afterPercent"
            isInline
            max={100}
            placeholder="100"
            suffix="%"
          />
          <DurationField
            seconds={3_600}
            name={[...path, 'bakeTime']}
            label="draft.bakeTime"
            isInline
            suffix={t('draft.hours')}
          />
        </>
      )}
      <TimeField name={[...path, 'notBefore']} label="draft.notBefore" isInline />
    </Flex>
  );
}

function Release() {
  return (
    <Card size="small" title={t('draft.release')}>
      <Field of="check" name="release.firstReleaseToAll" label="draft.firstReleaseToAll" />
      <Rows name="release.graySteps" add="draft.addGrayStep" initial={{}}>
        {(i) => (
          <>
            <Field of="number" name={[i, 'percentage']} label="draft.share" max={100} suffix="%" />
            <DurationField
              seconds={3_600}
              name={[i, 'pause']}
              label="draft.pause"
              suffix={t('draft.hours')}
            />
            {i === 0 && (
              <>
                <Field of="check" name={[i, 'supportDebuggerFirst']} label="draft.debuggersFirst" />
                <Field of="check" name={[i, 'supportExperiencerFirst']} label="draft.testersFirst" />
              </>
            )}
          </>
        )}
      </Rows>
    </Card>
  );
}

const CAUSES = ['ANY', 'AUDIT_REJECTED', 'ERROR', 'IN_DOUBT', 'VERIFY'] as const;

function StopRules() {
  const causes = CAUSES.map((cause) => ({ value: `CAUSE_${cause}`, label: nameOf('stopRule', cause) }));
  return (
    <Rows name="stopRules" add="draft.addRule" initial={{ cause: 'CAUSE_ANY', percent: 20 }}>
      {(i) => (
        <>
          <Field of="select" name={[i, 'cause']} label="draft.ruleCause" options={causes} />
          <Field of="number" name={[i, 'percent']} label="draft.failedPercent" max={100} suffix="%" />
          <Field of="number" name={[i, 'minEnded']} label="draft.minEnded" />
          <Field of="number" name={[i, 'count']} label="draft.failedCount" />
        </>
      )}
    </Rows>
  );
}

function Limits() {
  return (
    <Flex wrap gap="0 16px">
      <Field of="number" name="maxInFlight" label="rollouts.maxInFlight" max={2000} extra="draft.empty200" />
      <Field of="number" name="auditBudget.maxSubmissions" label="draft.maxSubmissions" />
      <Field of="number" name="auditBudget.reserve" label="draft.reserve" />
      <Field of="number" name="auditBudget.maxOpenAudits" label="draft.maxOpenAudits" />
      <Field of="number" name="auditBudget.maxSpeedUps" label="draft.maxSpeedUps" />
    </Flex>
  );
}

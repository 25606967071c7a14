import { Form, Input, Radio, Typography } from 'antd';
import { useCommand } from '../api/query.js';
import { useSession } from '../app/session.js';
import type { Operation } from '../operations/held-by.js';
import { useText } from '../text/text.js';
import { ReasonModal } from '../ui/form/reason-modal.js';
import type { Comparison, Conclusion } from './suggestion.js';

/** An operation that needs a decision. */
export interface Doubt extends Comparison {
  operation: Operation;
  name: string;
  isAsked: boolean;
  failure: string | undefined;
}

const CONCLUSIONS: readonly Conclusion[] = ['DONE', 'NOT_DONE', 'RETRY'];

interface Decided {
  conclusion: Conclusion;
  auditId?: string;
}

interface Props {
  doubts: readonly Doubt[];
  onDone(): void;
  onCancel(): void;
}

/** One decision for all given doubts; what they agree on is preselected. */
export function Decision({ doubts, onDone, onCancel }: Props) {
  const t = useText();
  const { user } = useSession();
  const resolve = useCommand('Operations/ResolveOperation', {
    invalidates: ['Operations/ListOperations', 'Operations/GetOperation', 'Platform/GetPlatformStatus'],
    success: t('doubts.decided'),
    onSuccess: onDone,
  });
  const decide = (reason: string, values: object) => {
    const { conclusion, auditId = '0' } = values as Decided;
    const requests = doubts.map(({ operation: { id, method } }) => ({
      ...{ id, resolution: `RESOLUTION_${conclusion}` as const, resolvedBy: user, reason },
      ...(conclusion === 'DONE' && method === 'SubmitAudit' && { auditId }),
    }));
    resolve.mutate(requests);
  };
  const suggestions = new Set(doubts.map(({ suggestion }) => suggestion));
  const [suggested] = suggestions.size === 1 ? suggestions : [];
  return (
    <ReasonModal
      isOpen={doubts.length > 0}
      title={t('doubts.decideChosen', { n: doubts.length })}
      verb={t('doubts.confirm')}
      isReasonRequired
      reasonLabel="doubts.evidence"
      initial={{ conclusion: suggested }}
      isPending={resolve.isPending}
      onConfirm={decide}
      onCancel={onCancel}
    >
      <DecisionFields doubts={doubts} />
    </ReasonModal>
  );
}

function DecisionFields({ doubts }: Pick<Props, 'doubts'>) {
  const t = useText();
  const needsAudit = doubts.length === 1 && doubts[0]?.operation.method === 'SubmitAudit';
  return (
    <>
      <Typography.Paragraph>
        {doubts.slice(0, 5).map(({ operation, name, requested, found }) => (
          <span key={operation.id} style={{ display: 'block' }}>
            {t('doubts.line', {
              name: name || operation.appid,
              requested: requested || '–',
              found: found || '–',
            })}
          </span>
        ))}
      </Typography.Paragraph>
      <Form.Item
        name="conclusion"
        label={t('doubts.conclusion')}
        rules={[{ required: true, message: t('doubts.choose') }]}
      >
        <Radio.Group
          vertical
          options={CONCLUSIONS.map((value) => ({ value, label: t(`doubts.${value}`) }))}
        />
      </Form.Item>
      {needsAudit && (
        <Form.Item name="auditId" label={t('doubts.auditId')}>
          <Input inputMode="numeric" />
        </Form.Item>
      )}
    </>
  );
}

import { Collapse, Form, Grid, Segmented, Typography } from 'antd';
import { useCall } from '../../api/query.js';
import { type TextKey, t } from '../../text/text.js';
import { Field } from '../../ui/form/field.js';
import { ErrorAlert } from '../../ui/page.js';
import { LabelSelect } from '../../ui/selects.js';
import { pastedAppids, pastedOverrides, type Refused } from './pasted.js';
import { WAYS, type Way } from './values.js';

/** Which mini-programs a new rollout is for, with only the fields of the chosen way and the number that it selects now. */
export function TargetsForm() {
  const { md: isWide = true } = Grid.useBreakpoint();
  const way = (Form.useWatch('way') ?? 'labels') as Way;
  const exceptions = (
    <>
      {way !== 'appids' && <Field of="code" name="except" label="draft.except" />}
      <OverridesField />
    </>
  );
  return (
    <>
      <Form.Item name="way" label={t('draft.which')}>
        <Segmented
          options={WAYS.map((value) => ({ value, label: t(`draft.way.${value}`) }))}
          vertical={!isWide}
        />
      </Form.Item>
      {way === 'labels' && (
        <Field name="labels" label="draft.labels">
          <LabelSelect />
        </Field>
      )}
      {way === 'appids' && <AppidsField label="draft.appids" />}
      <CountOfTargets way={way} />
      {way !== 'none' && (
        <Collapse
          ghost
          items={[{ key: 'more', label: t('draft.exceptions'), children: exceptions, forceRender: true }]}
        />
      )}
    </>
  );
}

/** Targets that a draft gets besides those that it has. */
export function MoreTargets() {
  return (
    <>
      <AppidsField label="draft.moreAppids" />
      <OverridesField />
    </>
  );
}

function AppidsField({ label }: { label: TextKey }) {
  const rules = [{ validator: isReadable('draft.malformedAppids', (text) => pastedAppids(text).refused) }];
  return <Field of="code" name="appids" extra="draft.appidsHelp" rows={4} {...{ label, rules }} />;
}

function OverridesField() {
  const rules = [{ validator: isReadable('draft.malformedRows', (text) => pastedOverrides(text).refused) }];
  const placeholder = 'wx0123456789abcdef,"{""ext"":{""a"":1}}",1';
  return (
    <Field
      of="code"
      name="overrides"
      label="draft.overrides"
      extra="draft.overridesHelp"
      {...{ rules, placeholder }}
    />
  );
}

/** The first ones are named; a whole file of another format need not be repeated. */
const NAMED = 10;
const MAX_TEXT = 100;

/** Nothing of a pasted text is lost: what cannot be used has to be corrected or deleted. */
const isReadable =
  (key: TextKey, refusedOf: (text: string) => Refused[]) =>
  async (_: unknown, text = '') => {
    const refused = refusedOf(text);
    const lines = refused
      .slice(0, NAMED)
      .map((one) => `${t('draft.line', { n: one.line })} ${one.text.slice(0, MAX_TEXT)}`);
    if (refused.length > 0) throw new Error([t(key, { n: refused.length }), ...lines].join(' '));
  };

/** How many mini-programs are chosen: of labels and of all at most those of the inventory, which has some that are not authorized. */
function CountOfTargets({ way }: { way: Way }) {
  const [labels = [], appids = '', except = ''] = [
    Form.useWatch('labels') as string[] | undefined,
    Form.useWatch('appids') as string | undefined,
    Form.useWatch('except') as string | undefined,
  ];
  const isCounted = way === 'all' || (way === 'labels' && labels.length > 0);
  const request = { labels: way === 'labels' ? labels : [] };
  const summary = useCall('Fleet/GetFleetSummary', request, { enabled: isCounted, staleTime: 10_000 });
  const selected = () => {
    if (way === 'appids') return pastedAppids(appids).appids.length;
    if (!isCounted) return 0;
    return summary.data && Math.max(0, Number(summary.data.total) - pastedAppids(except).appids.length);
  };
  const n = selected();
  if (n === undefined && summary.error) return <ErrorAlert error={summary.error} retry={summary.refetch} />;
  if (way === 'none' || n === undefined)
    return (
      <Typography.Paragraph type="secondary">
        {t(way === 'none' ? 'draft.newcomersOnly' : 'draft.counting')}
      </Typography.Paragraph>
    );
  return (
    <Typography.Paragraph strong>
      {t(isCounted ? 'draft.selectedAtMost' : 'draft.selected', { n })}
    </Typography.Paragraph>
  );
}

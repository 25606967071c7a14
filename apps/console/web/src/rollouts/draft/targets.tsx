import { Alert, Checkbox, Collapse, Form, Grid, Segmented, Typography } from 'antd';
import { useCall } from '../../api/query.js';
import { useText } from '../../text/text.js';
import { Field } from './fields.js';
import { type LeftOut, pastedAppids, readTargets } from './pasted.js';
import { WAYS, type Way } from './values.js';

/** Which mini-programs a new rollout is for, with only the fields of the chosen way and the number that it selects now. */
export function TargetsForm() {
  const t = useText();
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
      {way === 'labels' && <Field of="labels" name="labels" label="draft.labels" />}
      {way === 'appids' && (
        <Field of="code" name="appids" label="draft.appids" help="draft.appidsHelp" rows={4} />
      )}
      <CountOfTargets way={way} />
      {way !== 'none' && (
        <Collapse
          ghost
          items={[{ key: 'more', label: t('draft.exceptions'), children: exceptions, forceRender: true }]}
        />
      )}
      <LeftOuts />
    </>
  );
}

/** Targets that a draft gets besides those that it has. */
export function MoreTargets() {
  return (
    <>
      <Field of="code" name="appids" label="draft.moreAppids" help="draft.appidsHelp" rows={4} />
      <OverridesField />
      <LeftOuts />
    </>
  );
}

function OverridesField() {
  return (
    <Field
      of="code"
      name="overrides"
      label="draft.overrides"
      help="draft.overridesHelp"
      placeholder={'wx0123456789abcdef,"{""ext"":{""a"":1}}",1'}
    />
  );
}

/** How many mini-programs are chosen: of labels and of all by the inventory. */
function CountOfTargets({ way }: { way: Way }) {
  const t = useText();
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
  if (way === 'none' || n === undefined)
    return (
      <Typography.Paragraph type="secondary">
        {t(way === 'none' ? 'draft.newcomersOnly' : 'draft.counting')}
      </Typography.Paragraph>
    );
  return <Typography.Paragraph strong>{t('draft.selected', { n })}</Typography.Paragraph>;
}

/** The first of them; a whole file of another format need not be repeated. */
const MAX_LINES = 50;
const MAX_TEXT = 100;

/** Names what is left out of the pasted texts, and wants a tick before it is. */
function LeftOuts() {
  const t = useText();
  const appids = Form.useWatch('appids') as string | undefined;
  const overrides = Form.useWatch('overrides') as string | undefined;
  const { list, table } = readTargets({ appids, overrides });
  const lists = (
    [
      ['draft.malformedAppids', list.malformed],
      ['draft.duplicateAppids', list.duplicates],
      ['draft.malformedRows', table.malformed],
      ['draft.duplicateRows', table.duplicates],
    ] as const
  ).filter(([, leftOut]) => leftOut.length > 0);
  if (lists.length === 0) return null;
  const isTicked = (_: unknown, is?: boolean) =>
    is ? Promise.resolve() : Promise.reject(new Error(t('draft.leaveOutFirst')));
  const description = (
    <>
      {lists.map(([key, leftOut]) => (
        <div key={key}>
          {t(key, { n: leftOut.length })}
          <Lines leftOut={leftOut} />
        </div>
      ))}
      <Form.Item name="leaveOut" valuePropName="checked" rules={[{ validator: isTicked }]}>
        <Checkbox>{t('draft.leaveOut')}</Checkbox>
      </Form.Item>
    </>
  );
  return (
    <Alert type="warning" title={t('draft.leftOut')} description={description} style={{ marginBottom: 16 }} />
  );
}

function Lines({ leftOut }: { leftOut: readonly LeftOut[] }) {
  const t = useText();
  const shorten = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
  return (
    <ul>
      {leftOut.slice(0, MAX_LINES).map(({ line, text }) => (
        <li key={`${line} ${text}`}>
          {t('draft.line', { n: line })} <Typography.Text code>{shorten(text)}</Typography.Text>
        </li>
      ))}
      {leftOut.length > MAX_LINES && <li>…</li>}
    </ul>
  );
}

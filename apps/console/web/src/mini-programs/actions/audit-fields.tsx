import { Collapse, Form, Input, Select, Skeleton } from 'antd';
import { useCall } from '../../api/query.js';
import type { Request, Response } from '../../api/types.js';
import { t } from '../../text/text.js';
import { Field, Rows } from '../../ui/form/field.js';
import { ErrorAlert } from '../../ui/page.js';
import type { MiniProgram } from '../types.js';

const MAX_ITEMS = 5;

/** What is submitted: pages with their categories, which WeChat lists, and what helps the auditors; at first as in an earlier submission. */
export function AuditFields({ program: { appid }, like }: { program: MiniProgram; like: string }) {
  const pages = useCall('CodeManagement/ListPages', { appid });
  const categories = useCall('CodeManagement/ListCategories', { appid });
  const submission = useCall(
    'Operations/GetOperation',
    { id: like, withRequest: true },
    { enabled: like !== '' },
  );
  const refused = [pages, categories, submission].find(({ error, data }) => error && !data);
  if (refused || !pages.data || !categories.data || submission.isLoading)
    return (
      <>
        {refused ? <ErrorAlert error={refused.error} retry={refused.refetch} /> : <Skeleton active />}
        {/* Nothing is sent before. */}
        <Form.Item name="items" hidden rules={[{ required: true }]}>
          <Input />
        </Form.Item>
      </>
    );
  const lists = { ...pages.data, ...categories.data };
  const earlier: Submission = JSON.parse(submission.data?.requestJson || '{}');
  const items = (earlier.items ?? [{}]).map((item) => itemOf(item, lists.categories));
  const more = {
    key: 'more',
    label: t('miniPrograms.forAuditors'),
    children: <ForAuditors earlier={earlier} />,
  };
  return (
    <>
      <Rows name="items" add="miniPrograms.moreItems" initialValue={items} max={MAX_ITEMS} hasLast>
        {(row) => <Item row={row} {...lists} />}
      </Rows>
      <Field
        name="versionDesc"
        label="miniPrograms.versionDesc"
        initialValue={earlier.versionDesc}
        style={{ marginTop: 16 }}
      />
      <Field
        of="check"
        name="privacyApiNotUsed"
        label="miniPrograms.privacyApiNotUsed"
        initialValue={earlier.privacyApiNotUsed}
      />
      <Collapse ghost items={[{ ...more, forceRender: true }]} />
    </>
  );
}

type Submission = Request<'CodeManagement/SubmitAudit'>;

const classOf = (of: Partial<Lists['categories'][number]>) =>
  [of.firstClass, of.secondClass, of.thirdClass].filter(Boolean).join(' › ');

/** An item of an earlier submission, as the form has it. */
function itemOf(item: NonNullable<Submission['items']>[number], categories: Lists['categories']) {
  const { address, title, tag } = item;
  const category = categories.find((one) => classOf(one) === classOf(item));
  return { address, title, tag, ...(category && { category: JSON.stringify(category) }) };
}

type Lists = Pick<Response<'CodeManagement/ListPages'>, 'pages'> &
  Pick<Response<'CodeManagement/ListCategories'>, 'categories'>;

function Item({ row, pages, categories }: Lists & { row: number }) {
  const classes = categories.map((one) => ({ value: JSON.stringify(one), label: classOf(one) }));
  return (
    <>
      <Field name={[row, 'address']} label="miniPrograms.page" required>
        <Select
          showSearch
          style={{ width: 190 }}
          options={pages.map((page) => ({ value: page, label: page }))}
        />
      </Field>
      <Field name={[row, 'category']} label="miniPrograms.category" required>
        <Select style={{ width: 200 }} options={classes} />
      </Field>
      <Field name={[row, 'title']} label="miniPrograms.pageTitle" max={32}>
        <Input style={{ width: 120 }} />
      </Field>
      <Field name={[row, 'tag']} label="miniPrograms.tags">
        <Input style={{ width: 120 }} />
      </Field>
    </>
  );
}

function ForAuditors({
  earlier: { feedbackInfo, feedbackMediaIds, preview, orderPath },
}: {
  earlier: Submission;
}) {
  const media = {
    feedbackMediaIds: ['feedbackMediaIds', feedbackMediaIds],
    pictureIds: ['preview.pictureIds', preview?.pictureIds],
    videoIds: ['preview.videoIds', preview?.videoIds],
  } as const;
  return (
    <>
      <Field name="feedbackInfo" label="miniPrograms.feedbackInfo" initialValue={feedbackInfo} />
      {(Object.keys(media) as (keyof typeof media)[]).map((key) => (
        <Field
          key={key}
          of="words"
          name={media[key][0]}
          label={`miniPrograms.${key}`}
          initialValue={media[key][1]}
        />
      ))}
      <Field name="orderPath" label="miniPrograms.orderPath" initialValue={orderPath} />
    </>
  );
}

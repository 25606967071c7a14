import { Button, Collapse, Flex, Form, Input, Select, Skeleton } from 'antd';
import { useCall } from '../../api/query.js';
import type { Response } from '../../api/types.js';
import { useText } from '../../text/text.js';
import { ErrorAlert } from '../../ui/error-alert.js';
import { Check, Field, Words } from '../../ui/form/field.js';
import type { MiniProgram } from '../types.js';

const MAX_ITEMS = 5;

/** What is submitted: pages with their categories, which WeChat lists, and what helps the auditors. */
export function AuditFields({ program: { appid } }: { program: MiniProgram }) {
  const t = useText();
  const pages = useCall('CodeManagement/ListPages', { appid });
  const categories = useCall('CodeManagement/ListCategories', { appid });
  const refused = [pages, categories].find(({ error }) => error);
  if (refused) return <ErrorAlert error={refused.error} retry={refused.refetch} />;
  if (!pages.data || !categories.data) return <Skeleton active />;
  const lists = { ...pages.data, ...categories.data };
  const more = { key: 'more', label: t('miniPrograms.forAuditors'), children: <ForAuditors /> };
  return (
    <>
      <Form.List name="items" initialValue={[{}]}>
        {(items, { add, remove }) => (
          <Flex vertical gap="small">
            {items.map(({ key, name }) => (
              <Flex key={key} gap="small" wrap align="start">
                <Item name={name} {...lists} />
                {items.length > 1 && (
                  <Button type="link" style={{ marginTop: 28 }} onClick={() => remove(name)}>
                    {t('miniPrograms.delete')}
                  </Button>
                )}
              </Flex>
            ))}
            {items.length < MAX_ITEMS && (
              <Button type="dashed" onClick={() => add({})}>
                {t('miniPrograms.moreItems')}
              </Button>
            )}
          </Flex>
        )}
      </Form.List>
      <Field name="versionDesc" label="miniPrograms.versionDesc" />
      <Check name="privacyApiNotUsed" label="miniPrograms.privacyApiNotUsed" />
      <Collapse ghost items={[{ ...more, forceRender: true }]} />
    </>
  );
}

type Lists = Pick<Response<'CodeManagement/ListPages'>, 'pages'> &
  Pick<Response<'CodeManagement/ListCategories'>, 'categories'>;

function Item({ name, pages, categories }: Lists & { name: number }) {
  const classes = categories.map((one) => ({
    value: JSON.stringify(one),
    label: [one.firstClass, one.secondClass, one.thirdClass].filter(Boolean).join(' › '),
  }));
  return (
    <>
      <Field name={[name, 'address']} label="miniPrograms.page" required>
        <Select
          showSearch
          style={{ width: 190 }}
          options={pages.map((page) => ({ value: page, label: page }))}
        />
      </Field>
      <Field name={[name, 'category']} label="miniPrograms.category" required>
        <Select style={{ width: 200 }} options={classes} />
      </Field>
      <Field name={[name, 'title']} label="miniPrograms.pageTitle" max={32}>
        <Input style={{ width: 120 }} />
      </Field>
      <Field name={[name, 'tag']} label="miniPrograms.tags">
        <Input style={{ width: 120 }} />
      </Field>
    </>
  );
}

const MEDIA = [
  ['feedbackMediaIds', ['feedbackMediaIds']],
  ['pictureIds', ['preview', 'pictureIds']],
  ['videoIds', ['preview', 'videoIds']],
] as const;

function ForAuditors() {
  return (
    <>
      <Field name="feedbackInfo" label="miniPrograms.feedbackInfo" />
      {MEDIA.map(([label, path]) => (
        <Field key={label} name={[...path]} label={`miniPrograms.${label}`}>
          <Words />
        </Field>
      ))}
      <Field name="orderPath" label="miniPrograms.orderPath" />
    </>
  );
}
